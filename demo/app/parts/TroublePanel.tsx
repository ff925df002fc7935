import { useServerView } from '../serverContext.ts';
import type { Server } from '../useServer.ts';
import { counted } from '../words/texts.ts';
import { Noticed } from './Noticed.tsx';
import { TroubleKnobs } from './TroubleKnobs.tsx';

/** What waits to go wrong, in words. */
function armed(state: Server['state']): string {
  const { dropAnswers, failWith } = state?.trouble ?? {};
  const parts = [
    dropAnswers ? 'The next answer will be lost.' : '',
    failWith ? `${counted(failWith.count, 'more 500')} to come.` : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** What can go wrong between a client and a server, at the turn of a knob. */
export function TroublePanel() {
  const { state } = useServerView();
  return (
    <section className="panel" aria-labelledby="trouble-title">
      <h2 id="trouble-title">Trouble</h2>
      <Noticed>
        <TroubleKnobs />
      </Noticed>
      <p className="quiet hint" role="status">
        {armed(state)}
      </p>
    </section>
  );
}
