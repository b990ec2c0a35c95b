import { writeFileSync } from 'node:fs';
import type { LiveRegistry } from './live-registry.ts';
import { startServer } from './start-server.ts';
import type { Workshop } from './workshop.ts';

export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Of the same family, five years apart. Neither has a referrers API: clients must fall back to tags. */
type DistributionProgram = 'registry' | 'docker-registry';

/** The CNCF registry. Several started in one workshop serve one storage. */
export function startDistribution(workshop: Workshop, tls?: TlsFiles): Promise<LiveRegistry> {
  return startProgram(workshop, 'registry', tls);
}

/** Version 2.8 of the same, as Debian packages it. */
export function startDockerRegistry(workshop: Workshop): Promise<LiveRegistry> {
  return startProgram(workshop, 'docker-registry', undefined);
}

async function startProgram(
  workshop: Workshop,
  name: DistributionProgram,
  tls: TlsFiles | undefined,
): Promise<LiveRegistry> {
  const file = workshop.path(name, tls === undefined ? 'registry.yaml' : 'registry-tls.yaml');
  writeFileSync(file, JSON.stringify(registryConfig(workshop.path(name, 'storage'), tls)));
  return startServer(workshop, {
    name,
    args: ['serve', file],
    announcement: /listening on (127\.0\.0\.1:\d+)/,
  });
}

/** Port 0: the kernel picks a free one, so that no two tests race for it. YAML reads JSON. */
function registryConfig(storage: string, tls: TlsFiles | undefined): unknown {
  return {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0', secret: 'interop', ...(tls === undefined ? {} : { tls }) },
  };
}
