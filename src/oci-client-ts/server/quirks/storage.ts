import type { Intercept } from '../intercept.ts';
import { type Call, on, onPath, otherOriginOf } from './mode.ts';
import { redirect } from './reply.ts';

const path = '/storage/';

/** Sends readers of blobs to a storage on another host, which `look`s at each request before it serves the blob. */
export function storage(look: (call: Call) => false | Promise<true> = () => false): Intercept {
  let issued = 0;
  const registry = on('blob', 'GET', (call) => {
    const { repository, digest } = call.route;
    issued += 1;
    const location = `${otherOriginOf(call)}${path}${repository}/${digest}?signature=${issued}`;
    return redirect(call, 307, location);
  });
  const store = onPath(path, async (call) => {
    const [, repository = '', digest = ''] = /^\/storage\/(.+)\/([^/?]+)/.exec(call.request.url ?? '') ?? [];
    const isAnswered = await look(call);
    return isAnswered ? true : { kind: 'blob', repository, digest };
  });
  // Not one after the other: the blob that the storage serves is not redirected again.
  return async (...seen) => {
    const taken = await store(...seen);
    return taken === false ? registry(...seen) : taken;
  };
}
