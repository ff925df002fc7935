import { NoticeContext } from './noticeContext.ts';
import { Header } from './parts/Header.tsx';
import { Notice, useNotice } from './parts/Notice.tsx';
import { OutboxPanel } from './parts/OutboxPanel.tsx';
import { ServerPanel } from './parts/ServerPanel.tsx';
import { StatusBar } from './parts/StatusBar.tsx';
import { TodoPanel } from './parts/TodoPanel.tsx';
import { TroublePanel } from './parts/TroublePanel.tsx';
import { useServer } from './useServer.ts';

/** Left to right as a write goes: this device, the outbox, the server. */
export function App() {
  const server = useServer();
  const [notice, tell] = useNotice();
  return (
    <NoticeContext value={tell}>
      <Header server={server} />
      <StatusBar />
      <main className="columns">
        <TodoPanel />
        <OutboxPanel />
        <div className="server-side">
          <TroublePanel server={server} />
          <ServerPanel server={server} />
        </div>
      </main>
      <Notice text={notice} onDismiss={() => tell('')} />
    </NoticeContext>
  );
}
