from cms.text.excerpt import excerpt, reading_minutes, word_count


def test_a_short_text_is_its_own_excerpt():
    assert excerpt("  Two\n words. ") == "Two words."
    assert excerpt("") == ""


def test_an_excerpt_ends_with_a_whole_sentence_that_fills_half_of_it():
    assert excerpt("The first sentence. The second one is longer.", 30) == "The first sentence."
    assert excerpt("She said “Go home now.” Then she left the house.", 30) == "She said “Go home now.”"


def test_an_excerpt_without_such_a_sentence_ends_with_a_whole_word():
    assert excerpt("No. But this sentence goes on and on and on", 24) == "No. But this sentence…"
    assert excerpt("one two, three four", 9) == "one two…"


def test_an_excerpt_never_passes_its_length():
    for text in [
        "x" * 500,
        "word " * 100,
        "漢字" * 300,
        "e\u0301" * 300,
        "👨‍👩‍👧" * 200,
        "a. B" * 100,
        "ab\u0301" * 90,
        "\u200d" * 500,
    ]:
        for size in (1, 2, 10, 57, 280):
            assert 0 < len(excerpt(text, size)) <= size


def test_chinese_is_cut_between_characters_or_after_its_full_stop():
    assert excerpt("今天天气很好我们去公园散步吧", 8) == "今天天气很好我…"
    assert excerpt("今天天气很好。我们去公园散步吧", 10) == "今天天气很好。"


def test_an_excerpt_does_not_part_a_letter_from_its_accent():
    assert excerpt("e\u0301" * 20, 10) == "e\u0301" * 4 + "…"


def test_words_are_counted_and_chinese_characters_each():
    assert word_count("Don't stop well-known words, 3.") == 5
    assert word_count("你好 world") == 3
    assert word_count("한국어 문장") == 2
    assert word_count("🎉 …") == 0


def test_reading_takes_at_least_a_minute():
    assert [reading_minutes(words) for words in (0, 230, 231, 2300)] == [1, 1, 2, 10]
