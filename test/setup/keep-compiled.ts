import { env } from 'node:process';

// What tests start of ours keeps what Node compiled of it, by its content, for the next that is started. Said here and not where the folder is
// made: the workers would keep theirs as well, while it is removed.
env['NODE_COMPILE_CACHE'] = env['SEALIFT_COMPILED'] ?? '';
