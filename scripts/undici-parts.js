// Of undici what is used, in place of its whole index: without fetch, WebSocket, caches and mocks a command starts in half the time.

export { default as buildConnector } from 'undici/lib/core/connect.js';
export { default as Agent } from 'undici/lib/dispatcher/agent.js';
export { default as ProxyAgent } from 'undici/lib/dispatcher/proxy-agent.js';
