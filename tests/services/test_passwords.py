import pytest

from cms.services import passwords


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "123456789",
        "1234567890",
        "9876543210",
        "0123456789012",
        "aaaaaaaaaaaa",
        "password123",
        "PASSWORD!!!1",
        "qwertyuiop12",
        "ada.lovelace1",
        "AdaLovelace99",
        "ada.lovelace@example.org",
        "x" * 1001,
        "          ",
    ],
)
def test_a_password_that_is_easily_guessed_is_refused_in_words(password):
    assert passwords.complaint(password, email="ada.lovelace@example.org", name="Ada Lovelace").endswith(".")


@pytest.mark.parametrize(
    "password",
    ["correct horse battery staple", "пароль для сайта", "密码密码很长的一个句子", "tr0ub4dor&3x", "x7 Kp!2 qW"],
)
def test_a_good_password_is_taken(password):
    assert passwords.complaint(password, email="ada@example.org", name="Ada") is None


def test_the_same_password_of_two_keyboards_is_the_same():
    assert passwords.normalised("cafe\u0301 au lait") == passwords.normalised("café au lait")
    assert passwords.normalised("\ud800 lonely") == "? lonely"
