/** Style sheet of the page, whose digest is in the page's policy. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: #f4f5f7; --card: #fff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de;
  --accent: #0b57d0; --on-accent: #fff; --bad: #b3261e; --bad-ground: #fdecea; --good-ground: #e7f4ea; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171c; --card: #1e2228; --ink: #e8eaed; --soft: #a3abb5;
  --line: #3a414b; --accent: #8ab4f8; --on-accent: #0d1b33; --bad: #f6aea9; --bad-ground: #3b1d1b;
  --good-ground: #16301e; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { width: min(34rem, 100%); background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
  padding: clamp(1.25rem, 5vw, 2.25rem); }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
label { display: block; font-weight: 600; margin-bottom: .35rem; }
input[type=password], input[type=text] { width: 100%; padding: .65rem .75rem; font: inherit; color: inherit;
  background: var(--ground); border: 1px solid var(--soft); border-radius: .5rem; }
.row { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: center; justify-content: space-between;
  margin-top: 1rem; }
.check { display: flex; gap: .5rem; align-items: center; font-weight: 400; margin: 0; }
.check input { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--accent); }
button, a.button { font: inherit; font-weight: 600; padding: .65rem 1.25rem; border-radius: .5rem; cursor: pointer;
  border: 1px solid transparent; background: var(--accent); color: var(--on-accent); text-decoration: none;
  display: inline-block; }
button[aria-disabled=true] { opacity: .6; cursor: progress; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[role=alert]:not(:empty), #done { margin-top: 1.25rem; padding: .75rem 1rem; border-radius: .5rem; }
[role=alert] { background: var(--bad-ground); color: var(--bad); font-weight: 600; }
[role=status] { color: var(--soft); }
[role=status]:not(:empty) { margin-top: 1.25rem; }
#done { background: var(--good-ground); }
#done h2 { margin: 0 0 .25rem; font-size: 1.05rem; }
#name { overflow-wrap: anywhere; }
footer { margin-top: 1.5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .875rem;
  color: var(--soft); }
footer p:last-child { margin: 0; }
[hidden] { display: none !important; }
`;
