"""What every answer tells browsers: which sources count, who may frame it, what it may ask of the machine."""

import secrets

from flask import Flask, Response, current_app, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

READERS = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self' https:",  # editors may show pictures from elsewhere
    "media-src": "'self' https:",
    "connect-src": "'self'",  # no page uses it: Lighthouse fetches robots.txt from within one
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
WORKSHOP = {
    "default-src": "'none'",
    "script-src": "'self' 'nonce-{nonce}'",
    "style-src": "'self' 'nonce-{nonce}'",
    "img-src": "'self' data:",
    "media-src": "'self'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Permissions-Policy": (
        "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), "
        "gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), "
        "payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
    ),
}


def csp_nonce() -> str:
    """The word by which the scripts of this answer are known as ours."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return g.csp_nonce


def is_for_readers() -> bool:
    """Whether the page asked for is one that carries no script: a public one, or none at all."""
    if g.get("has_scripts", False):
        return False
    return request.endpoint is None or request.blueprint == "public" or request.endpoint == "static"


def policy() -> str:
    as_readers_see_it = g.get("as_readers_see_it", False)  # the preview of a draft, in the admin
    rules = READERS if is_for_readers() or as_readers_see_it else WORKSHOP
    if g.get("previews_typed", False):  # the frame beside a form, which has the policy of the page round it
        rules = {**rules, "img-src": "'self' data: https:", "media-src": "'self' https:"}
    return "; ".join(f"{name} {sources}" for name, sources in rules.items()).replace("{nonce}", csp_nonce())


def protect(response: Response) -> Response:
    """Add what the view has not said itself."""
    response.headers.setdefault("Content-Security-Policy", policy())
    referrer = "strict-origin-when-cross-origin" if is_for_readers() else "same-origin"
    response.headers.setdefault("Referrer-Policy", referrer)
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    days = current_app.config["HSTS_DAYS"]
    if days and current_app.config["SITE_URL"].startswith("https://"):
        # Of this host alone: of others below it we know nothing.
        response.headers.setdefault("Strict-Transport-Security", f"max-age={days * 86_400}")
    return response


def register_headers(app: Flask) -> None:
    """Give each request its nonce and each answer its headers, and believe as many proxies as were named."""

    @app.before_request
    def new_nonce() -> None:
        g.csp_nonce = secrets.token_urlsafe(16)

    app.after_request(protect)
    app.add_template_global(csp_nonce)
    proxies = app.config["TRUSTED_PROXIES"]
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies, x_port=proxies
        )
