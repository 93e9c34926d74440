"""The table of the proofs names what was not proved."""

from tests.schema import figures


def test_parts_are_added_up_and_a_proof_without_one_of_them_is_not_proved(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "LEVEL", "ci")
    monkeypatch.setattr(figures, "EXPECTED", {"ci": ["Whole", "Half", "None"]})
    monkeypatch.setenv("CMS_PROOF_FIGURES", str(tmp_path / "figures"))

    figures.record("Whole", 3, 3, {"killed": 3, "s": 1.2}, part=1, parts=2)
    figures.record("Whole", 4, 4, {"killed": 0, "s": 2.1}, part=2, parts=2)
    figures.record("Half", 5, 5, "in words", part=2, parts=2)
    lines = (tmp_path / "figures").read_text().splitlines()

    assert figures.missing(lines) == ["Half", "None"]
    assert [line.split(maxsplit=3) for line in figures.table(lines).splitlines()[1:]] == [
        ["Half", "5", "5", "NOT PROVED, in words"],
        ["None", "0", "0", "NOT PROVED"],
        ["Whole", "7", "7", "3 killed, 3 s"],
    ]
