import { describe } from 'vitest';
import { judges } from '../../../test/fixtures/judged-health.ts';

describe('a Job', () => {
  const kind = 'batch/v1 Job';
  judges([
    ['is in progress before it begins', kind, '', 'InProgress', 'it has not begun'],
    [
      'is in progress until it has done its work',
      kind,
      '{status: {startTime: "2026-01-01T00:00:00Z", active: 2, succeeded: 1}}',
      'InProgress',
      '2 of its pods run, 1 have succeeded, 0 have failed',
    ],
    [
      'is current when it has completed',
      kind,
      '{status: {conditions: [{type: Complete, status: "True"}]}}',
      'Current',
      'it has completed',
    ],
    ['is current when it is suspended', kind, '{spec: {suspend: true}}', 'Current', 'it is suspended'],
    [
      'has failed when it says so',
      kind,
      '{status: {conditions: [{type: FailureTarget, status: "True"}, {type: Failed, status: "True", reason: BackoffLimitExceeded, message: Job has reached the specified backoff limit}]}}',
      'Failed',
      'BackoffLimitExceeded: Job has reached the specified backoff limit',
    ],
    [
      'that repeats by a timetable is not waited for',
      'batch/v1 CronJob',
      '',
      'Current',
      'there is nothing to wait for',
    ],
  ]);
});
