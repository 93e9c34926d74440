import json
import os
import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from cms.config import Settings
from cms.errors import CmsError
from cms.keys import installation_secrets
from cms.variables import VARIABLES, ConfigError

README = Path(__file__).parent.parent / "README.md"


def settings(folder, **environ):
    return Settings.from_environ(environ, folder)


def test_the_readme_table_says_what_the_code_says():
    table = README.read_text().split("<!-- settings -->")[1].split("<!-- /settings -->")[0]

    documented = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table.strip().splitlines()[2:]]

    assert documented == [(f"`{v.name}`", f"`{v.default}`" if v.default else "", v.meaning) for v in VARIABLES]


def test_every_default_is_a_value_that_one_could_write(tmp_path):
    defaults = {variable.name: variable.default for variable in VARIABLES}

    assert settings(tmp_path, **defaults) == settings(tmp_path)


def test_every_setting_reaches_flask_under_its_name(tmp_path):
    app = Flask("any")

    app.config.from_object(settings(tmp_path, CMS_PORT="9000", CMS_SITE_URL="https://example.org/"))

    assert all(variable.name.removeprefix("CMS_") in app.config for variable in VARIABLES)
    assert app.config["PORT"] == 9000
    assert app.config["SITE_URL"] == "https://example.org"
    assert app.config["SESSION_COOKIE_SECURE"] is True
    assert app.config["REMEMBER_COOKIE_SECURE"] is True
    assert app.config["MAX_CONTENT_LENGTH"] > 32 * 1024 * 1024


def test_a_site_without_tls_keeps_its_cookies_usable(tmp_path):
    assert settings(tmp_path).SESSION_COOKIE_SECURE is False


def test_the_environment_wins_over_the_file(tmp_path):
    (tmp_path / "cms.env").write_text(
        "# ours\nCMS_PORT=9000\nexport CMS_MAIL_FROM='Us <us@example.org>'\nCMS_WORKERS=3\n"
    )

    found = settings(tmp_path, CMS_PORT="9001", CMS_WORKERS="")

    assert (found.PORT, found.WORKERS, found.MAIL_FROM) == (9001, 2, "Us <us@example.org>")


def test_a_dollar_in_a_password_of_the_file_stays_one(tmp_path):
    (tmp_path / "cms.env").write_text("CMS_DATABASE_URL=mysql://me:a$HOME%40b@db/blog\n")

    assert make_url(settings(tmp_path).DATABASE_URL).password == "a$HOME@b"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CMS_PROT", "9000", "CMS_PROT is not a setting. Did you mean CMS_PORT?"),
        ("CMS_PORT", "eighty", "CMS_PORT must be a whole number from 1 to 65535."),
        ("CMS_PORT", "65536", "CMS_PORT must be"),
        ("CMS_PORT", "٨٠٠٠", "CMS_PORT must be"),
        ("CMS_WORKERS", "0", "CMS_WORKERS must be"),
        ("CMS_LOG_FORMAT", "xml", "CMS_LOG_FORMAT must be one of auto, json, plain."),
        ("CMS_SITE_URL", "example.org", "CMS_SITE_URL must be an address"),
        ("CMS_SITE_URL", "https://example.org/blog", "CMS_SITE_URL must be an address"),
        ("CMS_SITE_URL", "https://example.org:port", "CMS_SITE_URL must be an address"),
        ("CMS_MAIL_URL", "mail.example.org", "CMS_MAIL_URL must look like"),
        ("CMS_MAIL_URL", "smtp://mail.example.org?tls=maybe", "CMS_MAIL_URL must look like"),
        ("CMS_MAIL_FROM", "nobody", "CMS_MAIL_FROM must be an e-mail address"),
        ("CMS_DATABASE_URL", "postgresql://host/name", "CMS_DATABASE_URL must begin with"),
        ("CMS_DATABASE_URL", "mysql+mysqldb://host/name", "CMS_DATABASE_URL must begin with"),
        ("CMS_DATABASE_URL", "mysql://host", "CMS_DATABASE_URL must end with the name of a database"),
        ("CMS_DATABASE_URL", "sqlite://", "CMS_DATABASE_URL must name a file"),
        ("CMS_DATABASE_URL", "secret-in-nonsense", "CMS_DATABASE_URL must be an address"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name(tmp_path, name, value, words):
    with pytest.raises(ConfigError) as error:
        settings(tmp_path, **{name: value})

    assert str(error.value).startswith(words)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_variables_of_the_test_suite_and_of_others_are_left_alone(tmp_path):
    assert settings(tmp_path, CMS_TEST_REQUIRE="mariadb", HOME="/root").PORT == 8000


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("CMS_PORT", "line 2: this is not NAME=value"),
        ("= 3", "line 2: this is not NAME=value"),
        ("PORT=9000", "PORT in "),
        ("CMS_INSTANCE_PATH=elsewhere", "set it in the environment"),
    ],
)
def test_a_wrong_line_in_the_file_stops_the_start(tmp_path, line, words):
    (tmp_path / "cms.env").write_text(f"CMS_WORKERS=2\n{line}\n")

    with pytest.raises(ConfigError, match=words):
        settings(tmp_path)


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql"])
def test_any_way_to_write_mariadb_means_pymysql_with_utf8mb4(tmp_path, scheme):
    url = make_url(
        settings(tmp_path, CMS_DATABASE_URL=f"{scheme}://me:p%40ss@db:3307/blog?charset=latin1").DATABASE_URL
    )

    assert url.drivername == "mysql+pymysql"
    assert dict(url.query) == {"charset": "utf8mb4"}
    assert (url.password, url.host, url.port, url.database) == ("p@ss", "db", 3307, "blog")


def test_an_sqlite_file_is_found_from_the_instance_folder(tmp_path):
    assert make_url(settings(tmp_path).DATABASE_URL).database == str(tmp_path / "cms.sqlite3")
    assert make_url(settings(tmp_path, CMS_DATABASE_URL="sqlite:////srv/b.db").DATABASE_URL).database == "/srv/b.db"


def test_settings_show_no_secret_when_printed(tmp_path):
    found = settings(tmp_path, CMS_DATABASE_URL="mysql://me:hunter2@db/blog", CMS_MAIL_URL="smtp://me:hunter2@mail")

    assert "hunter2" not in repr(found)
    assert found.SECRET_KEY not in repr(found)


def test_secrets_are_made_once_and_for_the_owner_alone(tmp_path):
    first = settings(tmp_path / "new")
    again = settings(tmp_path / "new")
    other = settings(tmp_path / "other")

    assert first.SECRET_KEY == again.SECRET_KEY != other.SECRET_KEY
    assert first.SECURITY_TOTP_SECRETS == again.SECURITY_TOTP_SECRETS
    assert len({first.SECRET_KEY, first.SECURITY_PASSWORD_SALT, *first.SECURITY_TOTP_SECRETS.values()}) == 3
    assert mode_of(tmp_path / "new" / "secrets.json") == 0o600
    assert os.listdir(tmp_path / "new") == ["secrets.json"]


def test_secrets_that_others_could_read_are_closed(tmp_path):
    settings(tmp_path)
    (tmp_path / "secrets.json").chmod(0o644)

    settings(tmp_path)

    assert mode_of(tmp_path / "secrets.json") == 0o600


def test_two_first_starts_at_once_agree_on_the_secrets(tmp_path):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(installation_secrets, [tmp_path] * 8))

    assert all(one == found[0] for one in found)
    assert os.listdir(tmp_path) == ["secrets.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"SECRET_KEY": ""}', '{"SECRET_KEY": 3}'])
def test_damaged_secrets_stop_the_start_and_stay_as_they_are(tmp_path, content):
    (tmp_path / "secrets.json").write_text(content)

    with pytest.raises(CmsError, match=r"secrets\.json is damaged"):
        settings(tmp_path)

    assert (tmp_path / "secrets.json").read_text() == content


def test_secrets_of_an_earlier_year_are_kept_as_they_are(tmp_path):
    kept = {"SECRET_KEY": "a", "SECURITY_PASSWORD_SALT": "b", "SECURITY_TOTP_SECRETS": {"1": "c", "2": "d"}}
    (tmp_path / "secrets.json").write_text(json.dumps(kept))

    assert settings(tmp_path).SECURITY_TOTP_SECRETS == {"1": "c", "2": "d"}


def test_a_folder_that_cannot_be_made_stops_the_start_in_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(CmsError, match="Not a directory"):
        settings(tmp_path / "file" / "instance")


def test_settings_for_tests_do_not_look_at_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CMS_PORT", "9999")

    found = Settings.for_tests(tmp_path, DATABASE_URL="mysql://root@127.0.0.1/blog", SITE_URL="https://example.org")

    assert (found.PORT, found.TESTING, found.PREFERRED_URL_SCHEME) == (8000, True, "https")
    assert found.DATABASE_URL.startswith("mysql+pymysql://")


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)
