import { userEvent, waitFor, within } from 'storybook/test';

/** ms: a story's device is a real one, on a machine that may have much else to do. */
const patience = 15_000;

export type Canvas = ReturnType<typeof within>;

/** The part of the page that has this role and name, once it is there. */
export function seen(canvas: Canvas, role: string, name: string | RegExp): Promise<HTMLElement> {
  return canvas.findByRole(role, { name }, { timeout: patience });
}

/** The row of a todo, once it is there. */
export async function row(canvas: Canvas, title: string): Promise<Canvas> {
  const list = within(await seen(canvas, 'list', 'Todos'));
  return within(await list.findByRole('listitem', { name: title }, { timeout: patience }));
}

/** The row says this word; in backoff the seconds stand behind it. */
export async function stands(canvas: Canvas, title: string, word: string): Promise<void> {
  const text = new RegExp(`^${word}`);
  await (await row(canvas, title)).findByText(text, undefined, { timeout: patience });
}

/** A person writes a todo. */
export async function add(canvas: Canvas, title: string): Promise<void> {
  await userEvent.type(await seen(canvas, 'textbox', 'New todo'), `${title}{Enter}`);
}

/** Waits until this throws no more. */
export function becomes(check: () => void): Promise<void> {
  return waitFor(check, { timeout: patience });
}
