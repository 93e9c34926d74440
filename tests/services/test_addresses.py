from cms.services.addresses import RESERVED


def test_no_page_can_take_the_address_of_something_else(app):
    firsts = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    taken = {first for first in firsts if first and "<" not in first}

    assert taken <= RESERVED
