import { createRoot } from 'react-dom/client';
import { Provider } from 'react-redux';
import { SyncInspector } from 'syncharts/inspect';
import { makeDevice } from './device.ts';
import { feed } from './feed.ts';
import { expectSame, settle } from './samples.ts';
import { makeTodos, spread } from './todos.ts';

/** ms in which the panel has looked at the store again and drawn what it saw. */
const drawn = 400;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function find<E extends HTMLElement>(panel: HTMLElement, selector: string): E {
  const found = panel.querySelector<E>(selector);
  if (!found) throw new Error(`The panel has no ${selector}.`);
  return found;
}

/** As a person types: React hears of it. */
function type(field: HTMLInputElement, value: string): void {
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value') ?? {};
  set?.call(field, value);
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

/**
 * Opens the panel over a queue of `count` operations and uses it; each step is a span in the
 * browser's trace. Gives how many elements the panel has.
 */
export async function inspector(count: number): Promise<number> {
  const { sync, store, start } = makeDevice({ transport: feed([]) });
  await start();
  const writes = sync.models.todo.createMany(makeTodos(count));
  await Promise.all(writes.map(({ saved }) => saved));
  const panel = document.createElement('div');
  document.body.append(panel);
  const root = createRoot(panel);
  const watch = async (name: string, work: () => unknown) => {
    await settle();
    const begin = performance.now();
    await work();
    await pause(drawn);
    performance.measure(name, { start: begin, end: performance.now() });
    await pause(0);
  };
  await watch('opening the panel', () =>
    root.render(
      <Provider store={store}>
        <SyncInspector sync={sync} />
      </Provider>,
    ),
  );
  for (const words of ['0', 'todo 0190', 'nobody is called that', '']) {
    await watch('a search in it', () => type(find(panel, 'input'), words));
  }
  for (const tab of ['Connection', 'Line', 'Engine', 'Timeline', 'Record']) {
    await watch('another of its tabs', () => find(panel, `[data-tab="${tab}"]`).click());
  }
  for (let n = 0; n < 3; n++) {
    await watch('an edit while it is open', () =>
      sync.models.todo.update(spread(n, count), { counter: n }),
    );
  }
  const elements = panel.querySelectorAll('*').length;
  expectSame('operations', sync.outbox.list().length, count + 3);
  root.unmount();
  panel.remove();
  await sync.stop();
  return elements;
}
