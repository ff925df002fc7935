/** As `ref`: for what appears because a person asked for it, or in place of what had the focus. */
export function focusOnMount(element: HTMLElement | null): void {
  element?.focus();
}
