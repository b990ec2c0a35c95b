import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startOnFreePort } from './harness/free-port.ts';

describe('startOnFreePort', () => {
  it('takes another port when somebody took the first one meanwhile', async () => {
    const ports: number[] = [];
    await startOnFreePort(async (port) => {
      ports.push(port);
      if (ports.length < 3) throw new Error(`listen tcp 127.0.0.1:${port}: bind: address already in use`);
    });
    expect(new Set(ports).size).toBe(3);
  });

  it('gives up after five ports', async () => {
    let starts = 0;
    const start = startOnFreePort(async () => {
      starts += 1;
      throw new Error('bind: address already in use');
    });
    await expect(start).rejects.toThrow('address already in use');
    expect(starts).toBe(5);
  });

  it('reports any other failure at once', async () => {
    let starts = 0;
    const start = startOnFreePort(async () => {
      starts += 1;
      throw new Error('no such certificate');
    });
    await expect(start).rejects.toThrow('no such certificate');
    expect(starts).toBe(1);
  });

  it('offers ports that can be listened on, below those of outgoing connections', async () => {
    await startOnFreePort(async (port) => {
      expect(port).toBeLessThan(32_000);
      const server = createServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
      server.close();
    });
  });
});
