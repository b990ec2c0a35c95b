import net from 'node:net';
import { beforeAll } from 'vitest';

/** A unit test that opens a socket is no unit test: it fails here, by name. */
beforeAll(() => {
  const refuse = (): never => {
    throw new Error('unit tests open no socket: inject a fake, or move the test to test/integration');
  };
  net.Socket.prototype.connect = refuse;
  net.Server.prototype.listen = refuse;
});
