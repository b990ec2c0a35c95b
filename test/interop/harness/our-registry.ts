export { startDistribution as startOurs } from './distribution.ts';
