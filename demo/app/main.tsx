import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider } from 'react-redux';
import { PersistGate } from 'redux-persist/integration/react';
import { App } from './App.tsx';
import { readApiUrl } from './control.ts';
import { createDemo, type Demo } from './createDemo.ts';
import { DemoContext } from './demoContext.ts';
import { Calm } from './parts/Calm.tsx';

const element = document.getElementById('root');
if (!element) throw new Error('The page has no #root.');
const root = createRoot(element);

function show(demo: Demo): void {
  root.render(
    <StrictMode>
      <Provider store={demo.store}>
        <PersistGate
          persistor={demo.sync.persistor}
          loading={<Calm text="Reading what this device keeps…" />}
        >
          <DemoContext value={demo}>
            <App />
          </DemoContext>
        </PersistGate>
      </Provider>
    </StrictMode>,
  );
}

/** The API's address is the only thing asked for; everything else is on this device. */
async function start(): Promise<void> {
  root.render(<Calm text="Opening…" />);
  const apiUrl = await readApiUrl().catch(() => null);
  if (apiUrl === null) {
    const again = { label: 'Try again', onPress: () => void start() };
    root.render(<Calm text="The demo server does not answer. Is it running?" action={again} />);
    return;
  }
  const demo = createDemo(apiUrl);
  demo.sync.start();
  show(demo);
}

void start();
