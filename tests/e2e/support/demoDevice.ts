import type { Locator, Page } from 'playwright-core';

/** What a person sees and does on one device of the demo's page: by roles and names alone. */
export class DemoDevice {
  readonly region: Locator;

  constructor(page: Page, title: 'Laptop' | 'Phone') {
    this.region = page.getByRole('region', { name: title, exact: true });
  }

  /** How things stand as a whole: `Synced`, `Syncing`, `Offline`, `Waiting`, `Needs you`. */
  async stands(word: string): Promise<void> {
    await this.region
      .getByRole('status')
      .filter({ hasText: new RegExp(`^${word}`) })
      .waitFor();
  }

  todo(title: string): Locator {
    return this.region.getByRole('list', { name: 'Todos' }).getByRole('listitem', {
      name: title,
      exact: true,
    });
  }

  /** The operations that wait, in order. */
  get waiting(): Locator {
    return this.region.getByRole('list', { name: 'Waiting operations' }).getByRole('listitem');
  }

  button(name: string): Locator {
    return this.region.getByRole('button', { name, exact: true });
  }

  network(isOn: boolean): Locator {
    return this.region.getByRole('switch', { name: 'Network', checked: isOn });
  }

  async status(title: string, word: string): Promise<void> {
    await this.todo(title).getByText(word, { exact: true }).waitFor();
  }

  async add(...titles: readonly string[]): Promise<void> {
    const field = this.region.getByLabel('New todo');
    for (const title of titles) {
      await field.fill(title);
      await field.press('Enter');
      await this.todo(title).waitFor();
    }
  }

  async rename(title: string, next: string): Promise<void> {
    const field = this.region.getByLabel(`Title of ${title}`, { exact: true });
    await field.fill(next);
    await field.press('Enter');
    await this.todo(next).waitFor();
  }

  async cut(): Promise<void> {
    await this.network(true).click();
    await this.network(false).waitFor();
    await this.region.getByRole('status').getByText('No connection').waitFor();
  }

  async mend(): Promise<void> {
    await this.network(false).click();
    await this.network(true).waitFor();
  }
}
