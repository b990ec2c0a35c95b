import { expect } from 'vitest';
import type { Asked, KeylessBench } from './keyless-bench.ts';
import { type TimeEvidence, timeQuestions } from './proofs-of-time.ts';

/** Every question about the time is answered as the evidence answers it, by both programs. */
export async function expectAnswers(
  bench: KeylessBench,
  reference: string,
  asked: Asked,
  evidence: TimeEvidence,
): Promise<void> {
  for (const question of timeQuestions) {
    const isAnswered = evidence.answers.includes(question);
    const cosignDiffers = evidence.cosignAnswers?.[asked.format].includes(question) ?? false;
    const { cosign, sealift } = await bench.verdicts(reference, { ...asked, question });
    expect(sealift === 'yes', `Sealift, ${question.title}: ${sealift}`).toBe(isAnswered);
    expect(cosign === 'yes', `cosign, ${question.title}: ${cosign}`).toBe(isAnswered || cosignDiffers);
  }
}
