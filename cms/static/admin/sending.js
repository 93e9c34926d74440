// Sending something of a form while its writer goes on. What went wrong is an Error whose message is for the person.
import { gettext } from "./language.js";

const AWAY = gettext("The server does not answer. Your text is still here; go on writing.");
const SIGNED_OUT = gettext("You are signed out. Sign in in another tab and go on here: your text is kept in this browser.");
const FAILED = gettext("That did not work. Your text is still here; try again in a moment.");
const REFUSED = {
  403: gettext("You may not do this."),
  404: gettext("This is not there any more."),
  413: gettext("That is more than the server takes at once."),
  429: gettext("That was a little too often. Wait a few minutes, then try again."),
};

async function ask(address, options) {
  try {
    return await fetch(address, { credentials: "same-origin", redirect: "manual", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(AWAY);
  }
}

// The token is of a session that is over. Whoever has signed in again meanwhile has another, with which the form can be
// saved too.
async function renewed(form) {
  const answer = await ask(window.location.href, {});
  if (answer.type === "opaqueredirect") throw new Error(SIGNED_OUT);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector("form [name=csrf_token]")?.value;
  if (!answer.ok || !token) throw new Error(FAILED);
  form.elements.csrf_token.value = token;
  return token;
}

// What the server answers to ``body``, with the token of ``form``: anything that is no failure of the way there.
export async function send(form, address, body, options = {}) {
  body.set("csrf_token", form.elements.csrf_token.value);
  const post = () => ask(address, { method: "POST", body, ...options });
  let answer = await post();
  if (answer.status === 400) {
    body.set("csrf_token", await renewed(form));
    answer = await post();
  }
  if (answer.type === "opaqueredirect") throw new Error(SIGNED_OUT);
  if (!answer.ok && answer.status !== 422) throw new Error(REFUSED[answer.status] ?? FAILED);
  return answer;
}
