import { type ReactNode, useMemo, useSyncExternalStore } from 'react';
import { DevicePanel } from '../../demo/app/parts/DevicePanel.tsx';
import { DeviceScope } from '../../demo/app/parts/DeviceScope.tsx';
import { ServerPanel } from '../../demo/app/parts/ServerPanel.tsx';
import { ServerContext } from '../../demo/app/serverContext.ts';
import type { World } from './world.ts';

/** The story's server, as the demo's parts look at theirs. */
function useStoryServer({ server, network }: World) {
  const view = useSyncExternalStore(server.subscribe, server.view);
  const isCut = useSyncExternalStore(network.subscribe, () => !network.isCarrying);
  return useMemo(
    () => ({
      state: { ...view, lines: { laptop: isCut } },
      reachable: true,
      turn: async () => {},
      turnLine: async (_: string, cut: boolean) => network.turn(cut ? 'off' : 'on'),
    }),
    [view, isCut, network],
  );
}

interface StageProps {
  readonly world: World;
  /** What is looked at beside the device. */
  readonly children?: ReactNode;
}

/** The device, and beside it what the server has. */
export function Stage({ world, children }: StageProps) {
  const device = useSyncExternalStore(world.subscribe, world.device);
  return (
    <ServerContext value={useStoryServer(world)}>
      <DeviceScope key={world.opened} device={device}>
        <div className="stage">
          <DevicePanel name={device.name} />
          <div className="stage-side">
            {children}
            <ServerPanel />
          </div>
        </div>
      </DeviceScope>
    </ServerContext>
  );
}
