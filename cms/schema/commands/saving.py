"""``flask db backup`` and ``restore``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from alembic.script import ScriptDirectory
from flask import current_app

from cms.schema import backup as backups
from cms.schema import restore as restoring
from cms.schema.commands.group import adding, configuration, is_derived
from cms.schema.disk import readable_size
from cms.schema.errors import SchemaError, counted
from cms.schema.manifest import Manifest
from cms.schema.names import is_ours
from cms.schema.starting import engine


def media_folder(no_media: bool) -> Path | None:
    path = current_app.config.get("MEDIA_PATH")
    return Path(path) if path and not no_media else None


no_media_option = click.option("--no-media", is_flag=True, help="The database alone, without the uploaded files.")


@adding("backup")
@click.argument("path", type=click.Path(path_type=Path))
@no_media_option
def backup(path: Path, no_media: bool) -> None:
    """Write the database and the media to PATH, a new file, and read it back."""
    if not path.absolute().parent.is_dir():
        raise SchemaError(f"There is no folder {path.absolute().parent}.")
    made = backups.back_up(engine(), path, media=media_folder(no_media))
    click.echo(f"{made.path}: {readable_size(made.size_bytes)}, {inside(made.manifest)}.")
    if made.manifest.moved:
        click.echo(f"Written to meanwhile, so saved without a digest: {', '.join(made.manifest.moved)}.")


def inside(manifest: Manifest) -> str:
    """The rows that ``flask db verify`` counts, and the files."""
    rows = sum(one.rows for name, one in manifest.tables.items() if not (is_ours(name) or is_derived(name)))
    files = "" if manifest.media_files is None else f", {counted(manifest.media_files, 'media file')}"
    return f"{counted(rows, 'row')}{files}"


@adding("restore")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="In place of what is there, which is saved first.")
@no_media_option
def restore(path: Path, replace: bool, no_media: bool) -> None:
    """Put what the backup at PATH holds into the database and the media folder. Stop the site first."""
    done = restoring.restore(engine(), path, media=media_folder(no_media), replace=replace)
    if done.safety is not None:
        click.echo(f"What was there before is in {done.safety}.")
    made_at = datetime.fromisoformat(done.manifest.made_at)
    click.echo(
        f"Restored: revision {', '.join(done.manifest.heads) or 'none'}, "
        f"as of {made_at:%Y-%m-%d %H:%M} UTC, {inside(done.manifest)}."
    )
    if done.uncompared:
        click.echo(f"Written to while the backup was made, so not compared: {', '.join(done.uncompared)}.")
    click.echo(what_next(done.manifest.heads))


def what_next(heads: tuple[str, ...]) -> str:
    script = ScriptDirectory.from_config(configuration())
    wanted = tuple(sorted(script.get_heads()))
    if heads == wanted:
        return "This is the structure that this release wants: the site can start."
    if set(heads) <= {one.revision for one in script.walk_revisions()}:
        return f"This release wants {', '.join(wanted)}: flask db upgrade, or the next start, brings it there."
    return f"That is of a newer release: use it, or go back to this one by flask db downgrade {' '.join(wanted)}."
