import { type Convergence, converge, Engine } from '../../src/agent/index.ts';
import type { DesiredState } from '../../src/api/index.ts';
import { siteSubject } from '../../src/core/index.ts';
import {
  type ConfigurationNews,
  checkedConfiguration,
  followConfiguration,
  followTrust,
  readConfiguration,
  readStillConfiguration,
  stillMs,
} from '../../src/site/index.ts';
import { policyFaults } from '../../src/verify/index.ts';
import type { ComposedAgent } from './compose-agent.ts';
import { exitCodeOf, formatFailure } from './failure.ts';
import { tellTrust } from './open-trust.ts';
import { systemClock } from './system-clock.ts';

/** Reads and checks a configuration. @throws SealiftError CONFIG_INVALID. */
export async function loadConfiguration(path: string): Promise<DesiredState> {
  return checkedConfiguration(await readConfiguration(path), policyFaults);
}

/** A configuration, and by what its files are told from others. */
interface Loaded {
  readonly desired: DesiredState;
  readonly fingerprint?: string;
}

/** Whoever asks for a single pass has written what it is about. A copy that goes on is seen all the same. Milliseconds. */
const stillForOnceMs = 250;

/** As `loadConfiguration`, once nobody writes it any more. @throws SealiftError CONFIG_INVALID, and the signal's reason. */
export async function loadStillConfiguration(
  path: string,
  { once }: { readonly once: boolean },
  signal: AbortSignal,
): Promise<Loaded> {
  const reading = { clock: systemClock, stillMs: once ? stillForOnceMs : stillMs };
  const { files, fingerprint } = await readStillConfiguration(path, reading, signal);
  return { desired: await checkedConfiguration(files, policyFaults), fingerprint };
}

/** Tells what a configuration holds that is taken into force. */
export function tellLoaded({ parts }: ComposedAgent, { sources, deliveries, policies }: DesiredState): void {
  const counts = { sources: sources.length, deliveries: deliveries.length, policies: policies.length };
  parts.listener({ kind: 'configuration-loaded', ...counts, subject: siteSubject, at: Date.now() });
}

/** Converges once; prints what failed and sets the exit code of the first failure. */
export async function runOnce(
  agent: ComposedAgent,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<Convergence> {
  const convergence = await converge(agent.parts, desired, signal);
  for (const { subject, error } of convergence.failures) process.stderr.write(formatFailure(error, subject));
  const [first] = convergence.failures;
  if (first !== undefined) process.exitCode = exitCodeOf(first.error);
  return convergence;
}

/** What became of the configuration, told and taken into force. */
function tell(news: ConfigurationNews, agent: ComposedAgent, engine: Engine): void {
  if (news.kind === 'loaded') {
    tellLoaded(agent, news.desired);
    engine.replace(news.desired);
    return;
  }
  const { code, message } = news.error;
  agent.parts.listener({
    kind: 'configuration-refused',
    code,
    message,
    subject: siteSubject,
    at: Date.now(),
  });
}

/** Works until the signal aborts. */
export async function runUntilStopped(
  configuration: string,
  agent: ComposedAgent,
  { desired, ...loaded }: Loaded,
  signal: AbortSignal,
): Promise<void> {
  const engine = new Engine(agent.parts, desired);
  const following = followConfiguration(
    { path: configuration, check: policyFaults, clock: systemClock, ...loaded },
    desired,
    (news) => tell(news, agent, engine),
    signal,
  );
  const { parts, trust, trustDirectory } = agent;
  const trusting = followTrust(
    trustDirectory,
    trust,
    (news) => {
      tellTrust(parts, news);
      engine.judgeAgain();
    },
    signal,
  );
  await Promise.all([engine.run(signal), following, trusting]);
}
