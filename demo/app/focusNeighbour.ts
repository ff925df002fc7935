/**
 * Before a row goes away with the button that was pressed: puts the focus on the next row's last
 * button, or on the panel's heading, so that a person at the keyboard is not thrown to the top.
 */
export function focusNeighbour(pressed: Element): void {
  const row = pressed.closest('li');
  for (const near of [row?.nextElementSibling, row?.previousElementSibling]) {
    const button = [...(near?.querySelectorAll('button') ?? [])].at(-1);
    if (button) {
      button.focus();
      return;
    }
  }
  pressed.closest('section')?.querySelector('h2')?.focus();
}
