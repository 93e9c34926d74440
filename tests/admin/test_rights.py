"""Who may what, by exhaustion: every address of the admin, every method, every role, own and others' records.

An address that is not in the table fails the last test: whoever adds a page says here who may use it.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.exceptions import HTTPException

from cms import clock
from cms.db import db
from cms.models import AuditEntry, CommentStatus, Job, JobStatus, Mail, Media, Post, Redirect, Revision, Role, User
from cms.services import auditing, redirecting
from tests.factories import make_author, make_comment, make_page, make_post, make_series, make_tag, make_user, numbers
from tests.signing_in import signed_in

ROLES = ("admin", "editor", "author", "contributor")

# Method, address, form; then what admin, editor, author and contributor are answered. 422: let in, and told that the
# form is not filled in. 404 is the answer for what they may not know of, 403 for what they may not do.
TABLE = """
GET  /admin/                                                            200 200 200 200
GET  /admin/help/                                                       200 200 200 200
GET  /admin/help/editor/                                                200 200 200 200
GET  /admin/setting/                                                    200 403 403 403
POST /admin/setting/                                                    422 403 403 403
GET  /admin/setting/preview/                                            200 403 403 403
POST /admin/setting/preview/                                            200 403 403 403
GET  /admin/setting/new/                                                403 403 403 403
POST /admin/setting/new/                                                403 403 403 403
GET  /admin/setting/edit/?id=title                                      404 403 403 403
POST /admin/setting/edit/?id=title value=x                              404 403 403 403
GET  /admin/setting/details/?id=title                                   404 403 403 403
GET  /admin/setting/history/?id=title                                   404 403 403 403
GET  /admin/setting/delete/?id=title                                    404 403 403 403
POST /admin/setting/delete/ id=title                                    404 403 403 403
POST /admin/setting/restore/ id=title                                   404 403 403 403
POST /admin/setting/action/ action=delete&rowid=title&confirmed=yes     403 403 403 403
GET  /admin/setting/export/csv/                                         403 403 403 403
GET  /admin/setting/ajax/lookup/?name=user                              404 403 403 403
GET  /admin/setting/ajax/lookup/?name=cover                             200 403 403 403
GET  /admin/setting/ajax/update/                                        404 403 403 403
POST /admin/setting/ajax/update/                                        404 403 403 403
POST /admin/setting/columns/ columns=created_at                         404 403 403 403
POST /admin/setting/views/ name=Mine                                    404 403 403 403
POST /admin/setting/views/delete/ name=Mine                             404 403 403 403
GET  /admin/job/                                                        200 200 200 200
GET  /admin/job/{own_job}/                                              200 200 200 200
GET  /admin/job/{own_job}/state/                                        200 200 200 200
POST /admin/job/{own_job}/stop/                                         302 302 302 302
GET  /admin/job/{their_job}/                                            404 404 404 404
GET  /admin/job/{their_job}/state/                                      404 404 404 404
POST /admin/job/{their_job}/stop/                                       404 404 404 404
POST /admin/job/undo/                                                   302 302 302 302
POST /admin/job/undo/ acts=1-2                                          302 302 302 302
POST /admin/job/undo/ job={own_job}                                     302 302 302 302
POST /admin/job/undo/ job={their_job}                                   404 404 404 404
GET  /admin/search/                                                     200 200 200 200
GET  /admin/search/?q=Post                                              200 200 200 200
GET  /admin/search/find/?q=Post                                         200 200 200 200
POST /admin/appearance/ theme=dark                                      302 302 302 302
POST /admin/appearance/ writing=side                                    302 302 302 302
POST /admin/appearance/ theme=pink                                      400 400 400 400
GET  /admin/account/                                                    200 200 200 200
POST /admin/account/                                                    422 422 422 422
POST /admin/account/ name=Another&time_zone=Europe/Berlin               302 302 302 302

GET  /admin/post/                                                       200 200 200 200
GET  /admin/post/?search=Post&state=trashed                             200 200 200 200
GET  /admin/post/new/                                                   200 200 200 200
POST /admin/post/new/ title=New                                         302 302 302 302
POST /admin/post/new/ title=New&body=Words&act=publish                  302 302 302 422
GET  /admin/post/edit/?id={own_draft}                                   200 200 200 200
GET  /admin/post/edit/?id={own_live}                                    200 200 200 403
GET  /admin/post/edit/?id={own_trashed}                                 200 200 200 403
GET  /admin/post/edit/?id={their_draft}                                 200 200 404 404
GET  /admin/post/edit/?id={their_live}                                  200 200 404 404
GET  /admin/post/edit/?id={their_trashed}                               200 200 404 404
POST /admin/post/edit/?id={own_draft}                                   422 422 422 422
POST /admin/post/edit/?id={own_live}                                    422 422 422 403
POST /admin/post/edit/?id={their_draft}                                 422 422 404 404
POST /admin/post/edit/?id={their_live}                                  422 422 404 404
POST /admin/post/edit/?id={their_trashed}                               422 422 404 404
GET  /admin/post/preview/{own_draft}                                    200 200 200 200
GET  /admin/post/preview/{own_live}                                     200 200 200 200
GET  /admin/post/preview/{their_draft}                                  200 200 404 404
GET  /admin/post/preview/{their_trashed}                                200 200 404 404
POST /admin/post/preview/ body=Words                                    200 200 200 200
POST /admin/post/preview/?id={own_draft} body=Words                     200 200 200 200
POST /admin/post/preview/?id={own_live} body=Words                      200 200 200 403
POST /admin/post/preview/?id={their_draft} body=Words                   200 200 404 404
POST /admin/post/preview/?id=x body=Words                               404 404 404 404
GET  /admin/post/details/?id={own_draft}                                404 404 404 404
GET  /admin/post/history/?id={own_draft}                                200 200 200 200
GET  /admin/post/history/?id={own_live}                                 200 200 200 403
GET  /admin/post/history/?id={their_draft}                              200 200 404 404
GET  /admin/post/delete/?id={own_draft}                                 200 200 200 403
GET  /admin/post/delete/?id={their_draft}                               200 200 404 404
POST /admin/post/delete/ id={own_draft}                                 302 302 302 403
POST /admin/post/delete/ id={their_live}                                302 302 404 404
POST /admin/post/restore/ id={own_trashed}                              302 302 302 403
POST /admin/post/restore/ id={their_trashed}                            302 302 404 404
POST /admin/post/action/ action=publish&rowid={own_draft}               302 302 302 403
POST /admin/post/action/ action=withdraw&rowid={own_live}               302 302 302 403
POST /admin/post/action/ action=trash&rowid={own_live}                  302 302 302 403
POST /admin/post/action/ action=restore&rowid={own_trashed}             302 302 302 403
POST /admin/post/action/ action=trash&everything=yes                    200 200 200 403
POST /admin/post/action/ action=trash&everything=yes&confirmed=yes      302 302 302 403
POST /admin/post/action/ action=add_tags&rowid={own_draft}              302 302 302 302
POST /admin/post/action/ action=remove_tags&rowid={own_draft}           302 302 302 302
POST /admin/post/action/ action=delete&rowid={own_draft}&confirmed=yes  403 403 403 403
GET  /admin/post/export/csv/                                            200 200 403 403
GET  /admin/post/export/xlsx/                                           200 200 403 403
GET  /admin/post/export/json/                                           200 200 403 403
GET  /admin/post/export/pdf/                                            404 404 403 403
GET  /admin/post/ajax/lookup/?name=tags                                 200 200 200 200
GET  /admin/post/ajax/lookup/?name=authors                              200 200 200 200
GET  /admin/post/ajax/lookup/?name=cover                                200 200 200 200
GET  /admin/post/ajax/lookup/?name=series                               200 200 200 200
GET  /admin/post/ajax/lookup/?name=translation_of                       200 200 200 200
GET  /admin/post/ajax/lookup/?name=user                                 404 404 404 404
GET  /admin/post/ajax/update/                                           404 404 404 404
POST /admin/post/ajax/update/                                           404 404 404 404
GET  /admin/post/ajax/update/?id={own_draft}&column=is_featured         200 200 200 200
POST /admin/post/ajax/update/?id={own_draft}&column=is_featured is_featured=yes 302 302 302 302
POST /admin/post/ajax/update/?id={own_live}&column=comments_open seen=yes 302 302 302 403
POST /admin/post/ajax/update/?id={their_draft}&column=is_featured is_featured=yes 302 302 404 404
POST /admin/post/ajax/update/?id={own_trashed}&column=is_featured is_featured=yes 403 403 403 403
POST /admin/post/columns/ columns=created_at                            302 302 302 302
POST /admin/post/views/ name=Mine                                       422 422 422 422
POST /admin/post/views/?state=draft name=Mine                           302 302 302 302
POST /admin/post/views/delete/ name=Mine                                302 302 302 302

GET  /admin/page/                                                       200 200 403 403
GET  /admin/page/new/                                                   200 200 403 403
POST /admin/page/new/ title=New                                         302 302 403 403
GET  /admin/page/edit/?id={page}                                        200 200 403 403
POST /admin/page/edit/?id={page}                                        422 422 403 403
GET  /admin/page/preview/{page}                                         200 200 403 403
POST /admin/page/preview/ body=Words                                    200 200 403 403
POST /admin/page/preview/?id={page} body=Words                          200 200 403 403
GET  /admin/page/details/?id={page}                                     404 404 403 403
GET  /admin/page/history/?id={page}                                     200 200 403 403
GET  /admin/page/delete/?id={page}                                      200 200 403 403
POST /admin/page/delete/ id={page}                                      302 302 403 403
POST /admin/page/restore/ id={page}                                     302 302 403 403
POST /admin/page/action/ action=withdraw&rowid={page}                   302 302 403 403
GET  /admin/page/export/csv/                                            200 200 403 403
GET  /admin/page/ajax/lookup/?name=tags                                 404 404 403 403
GET  /admin/page/ajax/lookup/?name=cover                                200 200 403 403
GET  /admin/page/ajax/update/                                           404 404 403 403
POST /admin/page/ajax/update/                                           404 404 403 403
POST /admin/page/ajax/update/?id={page}&column=menu_position menu_position=3 302 302 403 403
POST /admin/page/ajax/update/?id={page}&column=menu_position menu_position=x 422 422 403 403
POST /admin/page/ajax/update/?id={page}&column=title title=x            404 404 403 403
POST /admin/page/columns/ columns=created_at                            302 302 403 403
POST /admin/page/views/ name=Mine                                       422 422 403 403
POST /admin/page/views/delete/ name=Mine                                302 302 403 403

GET  /admin/media/                                                      200 200 200 200
GET  /admin/media/new/                                                  200 200 200 200
POST /admin/media/new/                                                  422 422 422 422
GET  /admin/media/edit/?id={own_media}                                  200 200 200 200
GET  /admin/media/edit/?id={their_media}                                200 200 404 404
POST /admin/media/edit/?id={own_media} alt=A%20cat                      302 302 302 302
POST /admin/media/edit/?id={their_media} alt=A%20cat                    302 302 404 404
GET  /admin/media/details/?id={own_media}                               404 404 404 404
GET  /admin/media/history/?id={own_media}                               200 200 200 200
GET  /admin/media/history/?id={their_media}                             200 200 404 404
GET  /admin/media/delete/?id={own_media}                                200 200 200 200
GET  /admin/media/delete/?id={their_media}                              200 200 404 404
POST /admin/media/delete/ id={own_media}                                302 302 302 302
POST /admin/media/delete/ id={their_media}                              302 302 404 404
POST /admin/media/restore/ id={own_media}                               302 302 302 302
POST /admin/media/restore/ id={their_media}                             302 302 404 404
POST /admin/media/action/ action=delete&rowid={own_media}&confirmed=yes 302 302 302 302
POST /admin/media/action/ action=restore&rowid={own_media}              302 302 302 302
GET  /admin/media/export/csv/                                           200 200 403 403
GET  /admin/media/ajax/lookup/?name=user                                404 404 404 404
GET  /admin/media/ajax/update/                                          404 404 404 404
POST /admin/media/ajax/update/                                          404 404 404 404
POST /admin/media/ajax/update/?id={own_media}&column=alt alt=A%20cat    302 302 302 302
POST /admin/media/ajax/update/?id={their_media}&column=alt alt=A%20cat  302 302 404 404
POST /admin/media/columns/ columns=created_at                           302 302 302 302
POST /admin/media/views/ name=Mine                                      422 422 422 422
POST /admin/media/views/delete/ name=Mine                               302 302 302 302

GET  /admin/comment/                                                    200 200 403 403
GET  /admin/comment/new/                                                403 403 403 403
POST /admin/comment/new/                                                403 403 403 403
GET  /admin/comment/edit/?id={comment}                                  200 200 403 403
POST /admin/comment/edit/?id={comment} body=Mended                      302 302 403 403
GET  /admin/comment/details/?id={comment}                               404 404 403 403
GET  /admin/comment/history/?id={comment}                               200 200 403 403
GET  /admin/comment/answer/?id={comment}                                200 200 403 403
POST /admin/comment/answer/?id={comment} answer=Indeed                  302 302 403 403
GET  /admin/comment/delete/?id={comment}                                200 200 403 403
POST /admin/comment/delete/ id={comment}                                302 302 403 403
POST /admin/comment/decision/ decision=approve-{comment}               302 302 403 403
POST /admin/comment/restore/ id={comment}                               302 302 403 403
POST /admin/comment/action/ action=approve&rowid={comment}              302 302 403 403
GET  /admin/comment/export/csv/                                         200 200 403 403
GET  /admin/comment/ajax/lookup/?name=post                              200 200 403 403
GET  /admin/comment/ajax/update/                                        404 404 403 403
POST /admin/comment/ajax/update/                                        404 404 403 403
POST /admin/comment/columns/ columns=created_at                         302 302 403 403
POST /admin/comment/views/ name=Mine                                    422 422 403 403
POST /admin/comment/views/delete/ name=Mine                             302 302 403 403

GET  /admin/own_comment/                                                200 200 200 403
GET  /admin/own_comment/?search=Post&post={their_live}&in=2026        200 200 200 403
GET  /admin/own_comment/new/                                            403 403 403 403
POST /admin/own_comment/new/                                            403 403 403 403
GET  /admin/own_comment/answer/?id={own_comment}                        200 200 200 403
GET  /admin/own_comment/answer/?id={own_held}                           404 404 404 403
GET  /admin/own_comment/answer/?id={own_spam}                           404 404 404 403
GET  /admin/own_comment/answer/?id={own_trashed_comment}                404 404 404 403
GET  /admin/own_comment/answer/?id={their_comment}                      404 404 404 403
GET  /admin/own_comment/answer/?id={their_held}                         404 404 404 403
POST /admin/own_comment/answer/?id={own_comment} answer=Indeed          302 302 302 403
POST /admin/own_comment/answer/?id={own_comment}                        422 422 422 403
POST /admin/own_comment/answer/?id={own_held} answer=Indeed             404 404 404 403
POST /admin/own_comment/answer/?id={own_spam} answer=Indeed             404 404 404 403
POST /admin/own_comment/answer/?id={own_trashed_comment} answer=Indeed  404 404 404 403
POST /admin/own_comment/answer/?id={their_comment} answer=Indeed        404 404 404 403
POST /admin/own_comment/answer/?id={their_held} answer=Indeed           404 404 404 403
POST /admin/comment/answer/?id={own_comment} answer=Indeed              302 302 403 403
POST /admin/comment/answer/?id={own_held} answer=Indeed                 302 302 403 403
GET  /admin/own_comment/edit/?id={own_comment}                          403 403 403 403
GET  /admin/own_comment/edit/?id={their_comment}                        404 404 404 403
POST /admin/own_comment/edit/?id={own_comment} body=Mended              403 403 403 403
POST /admin/own_comment/edit/?id={their_comment} body=Mended            404 404 404 403
GET  /admin/own_comment/details/?id={own_comment}                       404 404 404 403
GET  /admin/own_comment/details/?id={their_comment}                     404 404 404 403
GET  /admin/own_comment/history/?id={own_comment}                       403 403 403 403
GET  /admin/own_comment/history/?id={their_comment}                     404 404 404 403
GET  /admin/own_comment/delete/?id={own_comment}                        403 403 403 403
POST /admin/own_comment/delete/ id={own_comment}                        403 403 403 403
POST /admin/own_comment/delete/ id={their_comment}                      404 404 404 403
POST /admin/own_comment/restore/ id={own_comment}                       403 403 403 403
POST /admin/own_comment/restore/ id={own_trashed_comment}               404 404 404 403
POST /admin/own_comment/action/ action=approve&rowid={own_held}         403 403 403 403
POST /admin/own_comment/action/ action=trash&rowid={own_comment}        403 403 403 403
POST /admin/own_comment/action/ action=delete&rowid={own_comment}&confirmed=yes 403 403 403 403
POST /admin/own_comment/action/ action=delete&everything=yes&confirmed=yes 403 403 403 403
GET  /admin/own_comment/export/csv/                                     200 200 403 403
GET  /admin/own_comment/export/json/                                    200 200 403 403
GET  /admin/own_comment/ajax/lookup/?name=post                          200 200 200 403
GET  /admin/own_comment/ajax/lookup/?name=user                          404 404 404 403
GET  /admin/own_comment/ajax/update/                                    404 404 404 403
POST /admin/own_comment/ajax/update/                                    404 404 404 403
POST /admin/own_comment/ajax/update/?id={own_comment}&column=body body=x 404 404 404 403
POST /admin/own_comment/columns/ columns=email                          302 302 302 403
POST /admin/own_comment/views/ name=Mine                                422 422 422 403
POST /admin/own_comment/views/delete/ name=Mine                         302 302 302 403

GET  /admin/tag/                                                        200 200 403 403
GET  /admin/tag/new/                                                    200 200 403 403
POST /admin/tag/new/                                                    422 422 403 403
GET  /admin/tag/import/                                                 200 200 403 403
POST /admin/tag/import/                                                 422 422 403 403
GET  /admin/tag/edit/?id={tag}                                          200 200 403 403
POST /admin/tag/edit/?id={tag} name=Another                             302 302 403 403
GET  /admin/tag/details/?id={tag}                                       404 404 403 403
GET  /admin/tag/history/?id={tag}                                       200 200 403 403
GET  /admin/tag/delete/?id={tag}                                        200 200 403 403
POST /admin/tag/delete/ id={tag}                                        302 302 403 403
POST /admin/tag/restore/ id={tag}                                       403 403 403 403
POST /admin/tag/action/ action=delete&rowid={tag}&confirmed=yes         302 302 403 403
POST /admin/tag/posts/?id={tag} act=add&posts={their_draft}             302 302 403 403
POST /admin/tag/posts/?id={tag} act=remove&posts={their_live}           302 302 403 403
POST /admin/tag/posts/?id={tag} act=steal                               400 400 403 403
GET  /admin/tag/merge/?id={tag}&into={other_tag}                        200 200 403 403
POST /admin/tag/merge/ id={tag}&into={other_tag}                        302 302 403 403
GET  /admin/tag/export/csv/                                             200 200 403 403
GET  /admin/tag/ajax/lookup/?name=posts                                 200 200 403 403
GET  /admin/tag/ajax/update/                                            404 404 403 403
POST /admin/tag/ajax/update/                                            404 404 403 403
POST /admin/tag/ajax/update/?id={tag}&column=description description=x  302 302 403 403
POST /admin/tag/columns/ columns=created_at                             302 302 403 403
POST /admin/tag/views/ name=Mine                                        422 422 403 403
POST /admin/tag/views/delete/ name=Mine                                 302 302 403 403

GET  /admin/series/                                                     200 200 403 403
GET  /admin/series/new/                                                 200 200 403 403
POST /admin/series/new/                                                 422 422 403 403
GET  /admin/series/edit/?id={series}                                    200 200 403 403
POST /admin/series/edit/?id={series} title=Another                      302 302 403 403
GET  /admin/series/details/?id={series}                                 404 404 403 403
GET  /admin/series/history/?id={series}                                 200 200 403 403
GET  /admin/series/delete/?id={series}                                  200 200 403 403
POST /admin/series/delete/ id={series}                                  302 302 403 403
POST /admin/series/restore/ id={series}                                 403 403 403 403
POST /admin/series/action/ action=delete&rowid={series}&confirmed=yes   302 302 403 403
POST /admin/series/posts/?id={series} act=add&posts={their_draft}       302 302 403 403
POST /admin/series/posts/?id={series} act=remove&posts={their_live}     302 302 403 403
POST /admin/series/posts/?id={series} act=steal                         400 400 403 403
POST /admin/series/order/?id={series}                                   302 302 403 403
GET  /admin/series/export/csv/                                          200 200 403 403
GET  /admin/series/ajax/lookup/?name=posts                              200 200 403 403
GET  /admin/series/ajax/update/                                         404 404 403 403
POST /admin/series/ajax/update/                                         404 404 403 403
POST /admin/series/ajax/update/?id={series}&column=description description=x 302 302 403 403
POST /admin/series/columns/ columns=created_at                          302 302 403 403
POST /admin/series/views/ name=Mine                                     422 422 403 403
POST /admin/series/views/delete/ name=Mine                              302 302 403 403

GET  /admin/author/                                                     200 200 403 403
GET  /admin/author/new/                                                 200 200 403 403
POST /admin/author/new/                                                 422 422 403 403
GET  /admin/author/edit/?id={author}                                    200 200 403 403
POST /admin/author/edit/?id={author}                                    422 422 403 403
GET  /admin/author/details/?id={author}                                 404 404 403 403
GET  /admin/author/history/?id={author}                                 200 200 403 403
GET  /admin/author/delete/?id={author}                                  200 200 403 403
POST /admin/author/delete/ id={author}                                  302 302 403 403
POST /admin/author/restore/ id={author}                                 403 403 403 403
POST /admin/author/action/ action=delete&rowid={author}&confirmed=yes   302 302 403 403
GET  /admin/author/export/csv/                                          200 200 403 403
GET  /admin/author/ajax/lookup/?name=user                               200 200 403 403
GET  /admin/author/ajax/update/                                         404 404 403 403
POST /admin/author/ajax/update/                                         404 404 403 403
POST /admin/author/columns/ columns=created_at                          302 302 403 403
POST /admin/author/views/ name=Mine                                     422 422 403 403
POST /admin/author/views/delete/ name=Mine                              302 302 403 403

GET  /admin/redirect/                                                   200 200 403 403
GET  /admin/redirect/new/                                               200 200 403 403
POST /admin/redirect/new/                                               422 422 403 403
GET  /admin/redirect/import/                                            200 200 403 403
POST /admin/redirect/import/                                            422 422 403 403
GET  /admin/redirect/edit/?id={redirect}                                200 200 403 403
POST /admin/redirect/edit/?id={redirect}                                422 422 403 403
GET  /admin/redirect/details/?id={redirect}                             404 404 403 403
GET  /admin/redirect/history/?id={redirect}                             200 200 403 403
GET  /admin/redirect/delete/?id={redirect}                              200 200 403 403
POST /admin/redirect/delete/ id={redirect}                              302 302 403 403
POST /admin/redirect/restore/ id={redirect}                             403 403 403 403
POST /admin/redirect/action/ action=delete&rowid={redirect}             200 200 403 403
GET  /admin/redirect/export/csv/                                        200 200 403 403
GET  /admin/redirect/ajax/lookup/?name=user                             404 404 403 403
GET  /admin/redirect/ajax/update/                                       404 404 403 403
POST /admin/redirect/ajax/update/                                       404 404 403 403
POST /admin/redirect/ajax/update/?id={redirect}&column=target target=x&seen=x 422 422 403 403
POST /admin/redirect/columns/ columns=created_at                        302 302 403 403
POST /admin/redirect/views/ name=Mine                                   422 422 403 403
POST /admin/redirect/views/delete/ name=Mine                            302 302 403 403

GET  /admin/user/                                                       200 403 403 403
GET  /admin/user/new/                                                   200 403 403 403
POST /admin/user/new/                                                   422 403 403 403
GET  /admin/user/import/                                                200 403 403 403
POST /admin/user/import/                                                422 403 403 403
GET  /admin/user/edit/?id={person}                                      200 403 403 403
POST /admin/user/edit/?id={person}                                      422 403 403 403
POST /admin/user/edit/?id={themselves} name=Me                          422 403 403 403
POST /admin/user/access/?id={person} act=deactivate                     302 403 403 403
POST /admin/user/access/?id={themselves} act=activate                   302 403 403 403
GET  /admin/user/details/?id={person}                                   404 403 403 403
GET  /admin/user/history/?id={person}                                   200 403 403 403
GET  /admin/user/delete/?id={person}                                    200 403 403 403
POST /admin/user/delete/ id={person}                                    302 403 403 403
POST /admin/user/delete/ id={themselves}                                403 403 403 403
POST /admin/user/restore/ id={person}                                   403 403 403 403
POST /admin/user/action/ action=activate&rowid={person}                 302 403 403 403
GET  /admin/user/export/csv/                                            200 403 403 403
GET  /admin/user/ajax/lookup/?name=user                                 404 403 403 403
GET  /admin/user/ajax/update/                                           404 403 403 403
POST /admin/user/ajax/update/                                           404 403 403 403
POST /admin/user/columns/ columns=created_at                            302 403 403 403
POST /admin/user/views/ name=Mine                                       422 403 403 403
POST /admin/user/views/delete/ name=Mine                                302 403 403 403

GET  /admin/role/                                                       200 403 403 403
GET  /admin/role/new/                                                   200 403 403 403
POST /admin/role/new/                                                   422 403 403 403
GET  /admin/role/edit/?id={role}                                        200 403 403 403
POST /admin/role/edit/?id={role}                                        422 403 403 403
GET  /admin/role/details/?id={role}                                     404 403 403 403
GET  /admin/role/history/?id={role}                                     200 403 403 403
GET  /admin/role/delete/?id={role}                                      200 403 403 403
POST /admin/role/delete/ id={role}                                      302 403 403 403
POST /admin/role/restore/ id={role}                                     403 403 403 403
POST /admin/role/action/ action=delete&rowid={role}&confirmed=yes       302 403 403 403
GET  /admin/role/export/csv/                                            200 403 403 403
GET  /admin/role/ajax/lookup/?name=user                                 404 403 403 403
GET  /admin/role/ajax/update/                                           404 403 403 403
POST /admin/role/ajax/update/                                           404 403 403 403
POST /admin/role/columns/ columns=created_at                            302 403 403 403
POST /admin/role/views/ name=Mine                                       422 403 403 403
POST /admin/role/views/delete/ name=Mine                                302 403 403 403

GET  /admin/revision/                                                   200 200 200 200
GET  /admin/revision/?subject={their_draft}                             200 200 200 200
GET  /admin/revision/details/?id={own_revision}                         200 200 200 200
GET  /admin/revision/details/?id={their_revision}                       200 200 404 404
GET  /admin/revision/details/?id={page_revision}                        200 200 404 404
GET  /admin/revision/history/?id={own_revision}                         403 403 403 403
GET  /admin/revision/new/                                               403 403 403 403
POST /admin/revision/new/                                               403 403 403 403
GET  /admin/revision/edit/?id={own_revision}                            403 403 403 403
POST /admin/revision/edit/?id={their_revision}                          403 403 404 404
GET  /admin/revision/delete/?id={own_revision}                          403 403 403 403
POST /admin/revision/delete/ id={their_revision}                        403 403 404 404
POST /admin/revision/restore/ id={own_revision}                         403 403 403 403
POST /admin/revision/action/ action=delete&rowid={own_revision}         403 403 403 403
GET  /admin/revision/export/csv/                                        200 200 403 403
GET  /admin/revision/ajax/lookup/?name=user                             404 404 404 404
GET  /admin/revision/ajax/update/                                       404 404 404 404
POST /admin/revision/ajax/update/                                       404 404 404 404
POST /admin/revision/columns/ columns=created_at                        302 302 302 302
POST /admin/revision/views/ name=Mine                                   422 422 422 422
POST /admin/revision/views/delete/ name=Mine                            302 302 302 302

GET  /admin/audit/                                                      200 403 403 403
GET  /admin/audit/details/?id={entry}                                   200 403 403 403
GET  /admin/audit/history/?id={entry}                                   403 403 403 403
GET  /admin/audit/new/                                                  403 403 403 403
POST /admin/audit/new/                                                  403 403 403 403
GET  /admin/audit/edit/?id={entry}                                      403 403 403 403
POST /admin/audit/edit/?id={entry}                                      403 403 403 403
GET  /admin/audit/delete/?id={entry}                                    403 403 403 403
POST /admin/audit/delete/ id={entry}                                    403 403 403 403
POST /admin/audit/restore/ id={entry}                                   403 403 403 403
POST /admin/audit/action/ action=delete&rowid={entry}                   403 403 403 403
GET  /admin/audit/export/csv/                                           200 403 403 403
GET  /admin/audit/ajax/lookup/?name=user                                404 403 403 403
GET  /admin/audit/ajax/update/                                          404 403 403 403
POST /admin/audit/ajax/update/                                          404 403 403 403
POST /admin/audit/columns/ columns=created_at                           302 403 403 403
POST /admin/audit/views/ name=Mine                                      422 403 403 403
POST /admin/audit/views/delete/ name=Mine                               302 403 403 403

GET  /admin/mail/                                                       200 403 403 403
GET  /admin/mail/details/?id={mail}                                     200 403 403 403
GET  /admin/mail/history/?id={mail}                                     403 403 403 403
POST /admin/mail/test/                                                  302 403 403 403
GET  /admin/mail/new/                                                   403 403 403 403
POST /admin/mail/new/                                                   403 403 403 403
GET  /admin/mail/edit/?id={mail}                                        403 403 403 403
POST /admin/mail/edit/?id={mail}                                        403 403 403 403
GET  /admin/mail/delete/?id={mail}                                      403 403 403 403
POST /admin/mail/delete/ id={mail}                                      403 403 403 403
POST /admin/mail/restore/ id={mail}                                     403 403 403 403
POST /admin/mail/action/ action=delete&rowid={mail}                     403 403 403 403
GET  /admin/mail/export/csv/                                            200 403 403 403
GET  /admin/mail/ajax/lookup/?name=user                                 404 403 403 403
GET  /admin/mail/ajax/update/                                           404 403 403 403
POST /admin/mail/ajax/update/                                           404 403 403 403
POST /admin/mail/columns/ columns=created_at                            302 403 403 403
POST /admin/mail/views/ name=Mine                                       422 403 403 403
POST /admin/mail/views/delete/ name=Mine                                302 403 403 403
"""

LINE = re.compile(r"(GET|POST) +(\S+)(?: (\S+))? +(\d{3}) (\d{3}) (\d{3}) (\d{3})$")


def lines() -> Iterator[tuple[str, str, str, dict[str, int]]]:
    for line in filter(None, TABLE.splitlines()):
        found = LINE.match(line)
        assert found, line
        method, address, form, *answers = found.groups()
        yield method, address, form or "", dict(zip(ROLES, map(int, answers), strict=True))


def records(person: User) -> dict[str, Callable[[], int]]:
    """What stands in braces in the table: a function that makes such a record and gives its id."""
    other = make_user("author")

    def post(state: str, by: User) -> int:
        return make_post(state, by=by).id

    def revision_of(subject: Any) -> int:
        return db.session.scalars(Revision.of(subject)).first().id

    def media(by: User) -> int:
        number = next(numbers)
        picture = Media(
            sha256=f"{number:064x}",
            filename="cat.png",
            extension="png",
            content_type="image/png",
            size_bytes=1,
            width=1,
            height=1,
            uploaded_by_id=by.id,
        )
        return kept(picture)

    def kept(row: Any) -> int:
        db.session.add(row)
        db.session.flush()
        return row.id

    def job(by: User) -> int:
        payload = {"by": by.id, "list": "post", "title": "Trash: posts", "asked": {}, "entries_after": 0}
        return kept(Job(kind="bulk", payload=payload, status=JobStatus.DONE))

    def comment(by: User, **fields: Any) -> int:
        return make_comment(make_post(by=by), **fields).id

    def redirect() -> int:
        redirecting.moved(f"/old/{next(numbers)}", f"/new/{next(numbers)}")
        return db.session.scalars(db.select(Redirect).order_by(Redirect.id.desc())).first().id

    return {
        "own_draft": lambda: post("draft", person),
        "own_live": lambda: post("published", person),
        "own_trashed": lambda: post("trashed", person),
        "their_draft": lambda: post("draft", other),
        "their_live": lambda: post("published", other),
        "their_trashed": lambda: post("trashed", other),
        "own_job": lambda: job(person),
        "their_job": lambda: job(other),
        "own_media": lambda: media(person),
        "their_media": lambda: media(other),
        "own_revision": lambda: revision_of(make_post("draft", by=person)),
        "their_revision": lambda: revision_of(make_post("draft", by=other)),
        "page_revision": lambda: revision_of(make_page()),
        "page": lambda: make_page().id,
        "comment": lambda: make_comment(make_post()).id,
        "own_comment": lambda: comment(person),
        "own_held": lambda: comment(person, status=CommentStatus.HELD),
        "own_spam": lambda: comment(person, status=CommentStatus.SPAM),
        "own_trashed_comment": lambda: comment(person, deleted_at=clock.now()),
        "their_comment": lambda: comment(other),
        "their_held": lambda: comment(other, status=CommentStatus.HELD),
        "tag": lambda: make_tag().id,
        "other_tag": lambda: make_tag().id,
        "series": lambda: make_series().id,
        "author": lambda: make_author().id,
        "redirect": redirect,
        "person": lambda: make_user("editor").id,
        "themselves": lambda: person.id,
        "role": lambda: kept(Role(name=f"role {next(numbers)}", permissions=["post.edit"])),
        "entry": lambda: kept(auditing.record("post.published", by=None)),
        "mail": lambda: kept(Mail(recipient="a@example.org", subject="Hello", text="Words.")),
    }


def answers(client: Any, make: dict[str, Callable[[], int]]) -> Iterator[tuple[str, int, dict[str, int]]]:
    """Each line of the table as this person is answered; a record that a form may change is made for it alone."""
    seen: dict[str, int] = {}

    def fill(text: str, method: str) -> str:
        for name in re.findall(r"\{(\w+)\}", text):
            number = seen[name] if method == "GET" and name in seen else make[name]()
            seen[name] = number
            text = text.replace(f"{{{name}}}", str(number))
        return text

    for method, address, form, expected in lines():
        what = f"{method} {address} {form}"
        address, form = fill(address, method), fill(form, method)
        how = {"data": form, "content_type": "application/x-www-form-urlencoded"} if method == "POST" else {}
        yield what, client.open(address, method=method, buffered=True, **how).status_code, expected


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_what_the_table_says_and_nothing_else(unguarded, client, role, database_kind):
    if database_kind == "mariadb" and role != "admin":
        pytest.skip("Each role is tried on SQLite: who may what is decided in Python.")
    person = make_user(role)
    signed_in(client, person)

    wrong = [
        f"{what}: {status}, not {expected[role]}"
        for what, status, expected in answers(client, records(person))
        if status != expected[role]
    ]

    assert wrong == []


@pytest.mark.parametrize("who", ["without a role", "deactivated", "stranger"])
def test_whoever_has_no_right_is_kept_out_of_everything(unguarded, client, who, database_kind):
    if database_kind == "mariadb" and who != "without a role":
        pytest.skip("Each is tried on SQLite: who may what is decided in Python.")
    person = make_user("admin", active=False) if who == "deactivated" else make_user(None)
    if who != "stranger":
        signed_in(client, person)
    known = {name: make() for name, make in records(make_user("author")).items()}
    same = {name: (lambda number=number: number) for name, number in known.items()}

    wrong = [
        f"{what}: {status}"
        for what, status, _ in answers(client, same)
        if status != (403 if who == "without a role" else 302)
    ]

    assert wrong == []


def test_every_address_of_the_admin_is_in_the_table(app):
    adapter = app.url_map.bind("localhost")
    known = set()
    for method, address, _, _ in lines():
        path = re.sub(r"\{\w+\}", "1", address.partition("?")[0])
        try:
            known.add((adapter.match(path, method)[0], method))
        except HTTPException as error:
            pytest.fail(f"{method} {address}: {error}")

    there_are = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/admin")
        for method in rule.methods & {"GET", "POST", "PUT", "PATCH", "DELETE"}
    }
    assert there_are - known == set()


@pytest.mark.parametrize("role", ["author", "contributor"])
def test_ids_of_others_in_a_bulk_act_change_nothing(unguarded, client, role):
    person, other = make_user(role), make_user("author")
    make = records(person)
    draft, trashed = make_post("draft", by=other, tags=["Kept"]), make_post("trashed", by=other)
    picture = db.session.get(Media, make["their_media"]())
    entries = db.session.scalar(db.select(db.func.count(AuditEntry.id)))
    signed_in(client, person)

    for act in ("publish", "withdraw", "trash", "restore", "add_tags", "remove_tags"):
        form = {"action": act, "rowid": [draft.id, trashed.id], "bulk_tags": "Kept, New", "confirmed": "yes"}
        client.post("/admin/post/action/", data=form)
    client.post("/admin/media/action/", data={"action": "delete", "rowid": [picture.id], "confirmed": "yes"})

    assert (draft.state, [tag.name for tag in draft.tags], trashed.state) == ("draft", ["Kept"], "trashed")
    assert picture.deleted_at is None
    assert db.session.scalar(db.select(db.func.count(AuditEntry.id))) == entries


def test_an_export_holds_what_the_list_holds(unguarded, client):
    writer = make_user("author")
    writer.roles.append(Role(name="exporter", permissions=["data.export"]))
    make_post("draft", by=make_user("author"), title="Secret plans")
    make_post("draft", by=writer, title="Own plans")
    signed_in(client, writer)

    for table in ("post", "revision"):
        text = client.get(f"/admin/{table}/export/csv/", buffered=True).text
        assert "Own plans" in text, table
        assert "Secret plans" not in text, table


def test_lookups_offer_only_what_the_person_may_see(unguarded, client):
    moderator = make_user(None)
    moderator.roles.append(Role(name="mod", permissions=["admin.enter", "comment.moderate", "tag.edit", "author.edit"]))
    make_post("draft", by=make_user("author"), title="Secret plans")
    make_user("editor", name="Jo Doe", email="jo-secret@example.org")
    records(make_user("author"))["own_media"]()
    signed_in(client, moderator)

    for address in ("comment/ajax/lookup/?name=post", "tag/ajax/lookup/?name=posts&query=Secret"):
        assert client.get(f"/admin/{address}").text == "[]"
    assert client.get("/admin/author/ajax/lookup/?name=picture&query=cat").text == "[]"
    assert "jo-secret" not in client.get("/admin/author/ajax/lookup/?name=user").text
    assert client.get("/admin/author/ajax/lookup/?name=user&query=jo-secret").text == "[]"


def test_an_author_finds_no_word_of_anothers_draft(unguarded, client):
    theirs = make_post("draft", by=make_user("author"), title="Secret plans", body="Umbrella.", tags=["Hushed"])
    signed_in(client, make_user("author"))

    for address in ("?search=Umbrella", "?search=Secret", "?search=Hushed", f"?author={theirs.authors[0].id}"):
        assert "Secret plans" not in client.get(f"/admin/post/{address}").text
    assert db.session.get(Post, theirs.id).title == "Secret plans"
