import type { QuirkFamily } from './mode.ts';
import { refuse } from './reply.ts';
import { tokenGuard } from './token-guard.ts';

export const acr: QuirkFamily = {
  25: {
    does: 'ACR: 429 from the token server, twice',
    modes: () => {
      let asked = 0;
      return tokenGuard({
        answer: (call) => {
          asked += 1;
          return asked <= 2 ? refuse(call, 429, { code: 'TOOMANYREQUESTS' }) : false;
        },
      });
    },
  },
};
