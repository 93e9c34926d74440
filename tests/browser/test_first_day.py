"""The first day of a site, clicked through in Chromium, on SQLite and on MariaDB."""

import re

from playwright.sync_api import expect

PASSWORD = "a heron in the harbour"


def test_from_the_set_up_link_to_a_post_that_was_read_and_withdrawn(served, page, browser):
    # Set up by link; whoever comes without it finds nothing.
    stranger = browser.new_page()
    assert stranger.goto(f"{served.url}/setup/not-the-token").status == 404
    page.goto(served.set_up_url)
    page.get_by_label("Title of the site").fill("Harbour notes")
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("Your e-mail").fill("Ada@Example.org")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("The same once more").fill("short")
    page.get_by_role("button", name="Set up the site").click()
    expect(page.get_by_label("Your name")).to_have_value("Ada Lovelace")  # refused, and nothing typed is lost
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Set up the site").click()
    page.wait_for_url(re.compile(r"/admin/$"))
    assert stranger.goto(served.set_up_url).status == 404

    # A tag that is known already.
    page.goto(f"{served.url}/admin/tag/new/")
    page.get_by_label("Name").fill("Boats")
    page.get_by_role("button", name=re.compile("^Save|^Create|^Add")).first.click()
    expect(page.get_by_role("main")).to_contain_text("Boats")

    # Write a post with it and with a new one.
    page.goto(f"{served.url}/admin/post/new/")
    page.get_by_placeholder("Title", exact=True).fill("The first boat")
    page.get_by_label(re.compile("^Text")).fill("It came in **early**.\n\n<script>alert(1)</script>")
    tags = page.get_by_role("combobox", name=re.compile("^Tags"))
    tags.click()
    tags.press_sequentially("boa")
    page.get_by_role("option", name="Boats").first.click()
    tags.press_sequentially("Morning light")
    tags.press("Enter")
    assert page.url.endswith("/new/")  # Enter ends a tag, it does not send the form
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The first boat")
    assert stranger.goto(f"{served.url}/posts/the-first-boat").status == 404

    # Publish; read it signed out.
    page.get_by_role("button", name="Publish", exact=True).click()
    assert stranger.goto(f"{served.url}/posts/the-first-boat").status == 200
    expect(stranger.get_by_role("heading", level=1)).to_have_text("The first boat")
    expect(stranger.locator("article strong")).to_have_text("early")
    assert stranger.locator("script:not([type='application/ld+json'])").count() == 0  # data is no script
    for tag in ("Boats", "Morning light"):
        expect(stranger.get_by_role("link", name=tag)).to_be_visible()
    stranger.get_by_role("link", name="Morning light").click()
    expect(stranger.get_by_role("link", name="The first boat")).to_be_visible()
    expect(stranger).to_have_title(re.compile("Harbour notes"))
    assert stranger.context.cookies() == []

    # A comment of the reader's waits for the moderator.
    stranger.goto(f"{served.url}/posts/the-first-boat")
    stranger.get_by_role("textbox", name=re.compile("Name")).fill("A reader")
    stranger.get_by_role("textbox", name="Comment").fill("I saw it *too*.")
    stranger.get_by_role("button", name=re.compile("Preview|Look")).click()
    expect(stranger.locator("em", has_text="too")).to_be_visible()
    stranger.wait_for_timeout(2500)  # nobody reads their own words in under two seconds, but robots do
    stranger.get_by_role("button", name=re.compile("Post|Send|Publish")).click()
    expect(stranger.get_by_role("main")).to_contain_text(re.compile("moderator|look at it|approved", re.IGNORECASE))
    assert "I saw it" not in (stranger.goto(f"{served.url}/posts/the-first-boat") and stranger.content())
    page.goto(f"{served.url}/admin/comment/")
    expect(page.get_by_role("main")).to_contain_text("A reader")

    # Change it: readers keep the old text until it is published.
    page.goto(f"{served.url}/admin/post/")
    page.get_by_role("link", name="The first boat").first.click()
    page.get_by_label(re.compile("^Text")).fill("It came in late.")
    page.get_by_role("button", name="Save draft").click()
    stranger.goto(f"{served.url}/posts/the-first-boat")
    expect(stranger.locator("article")).to_contain_text("early")
    page.get_by_role("button", name=re.compile("^Publish")).click()
    stranger.reload()
    expect(stranger.locator("article")).to_contain_text("late")

    # Withdraw it: not found.
    page.get_by_role("button", name="Withdraw").click()
    assert stranger.goto(f"{served.url}/posts/the-first-boat").status == 404
    assert "The first boat" not in (stranger.goto(served.url) and stranger.content())
    stranger.close()
