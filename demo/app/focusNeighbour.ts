const siblings = ['nextElementSibling', 'previousElementSibling'] as const;

/** The next (then the previous) row of another record: rows of the same one may go together. */
function* neighbours(row: HTMLElement): Generator<HTMLElement> {
  const { record } = row.dataset;
  for (const direction of siblings) {
    for (let near = row[direction]; near instanceof HTMLElement; near = near[direction]) {
      if (record === undefined || near.dataset.record !== record) yield near;
    }
  }
}

/**
 * Before a row goes away with the button that was pressed: puts the focus on a near row's last
 * button, or on the device's heading, so that a person at the keyboard is not thrown to the top.
 */
export function focusNeighbour(pressed: Element): void {
  const row = pressed.closest('li');
  for (const near of row ? neighbours(row) : []) {
    const button = [...near.querySelectorAll('button')].at(-1);
    if (button) {
      button.focus();
      return;
    }
  }
  pressed.closest('.device')?.querySelector('h2')?.focus();
}
