/** Seeds whose files once came out differently, and stay equal since. */
export const earlierSeeds: readonly number[] = [
  20, 27, 81, 126, 152, 190, 232, 251, 316, 317, 361, 362, 450, 481, 564, 636, 657, 659, 661, 700, 704, 744,
  748, 749, 793, 806, 880, 883, 907, 929, 962, 977, 993, 1189, 1270, 1306, 1333, 1402, 1428, 1499, 1504, 1774,
  1939, 1977, 1984, 1994, 11502, 102672, 107487, 109539, 12250, 13162, 13267, 13381, 13478, 13994, 14681,
  7312374, 7318449, 8829333, 8829982, 8825521, 9922373, 9922618, 99400, 430089,
];

/** The same for objects with variables. */
export const earlierVariableSeeds: readonly number[] = [6, 31, 146, 1088, 1286, 1522, 1591];

const head = 'apiVersion: v1\nkind: X\nmetadata:\n  name: a\n';

/** What those files came down to, independent of what the generator makes of a seed. */
export const earlierTexts: readonly string[] = [
  `${head}v: |\n  text`,
  `${head}v: |+\n  text`,
  `${head}v: >+\n `,
  `${head}v: |+\n  a\n  `,
  `${head}v: |+\n   \n `,
  `${head}v: !!float .nan\n`,
  `${head}v: &x [{a: 1}]\nw: {<<: *x}\n`,
  `${head}v: +11001001011110000100\n`,
  `${head}v: |-\n  text\n    \n`,
  `${head}v: |-\n  text\n    `,
  `${head}v: |3\n \n     indented\n     \nw: 1\n`,
  `${head}v: {a: , b: ~, c}\nw: [d: ]\n`,
  `${head}v: [a, !!null , !!str , &x ]\nw: *x\n`,
  `${head}v: &x\n  a:\nw: [*x, {<<: *x}]\nx: &z {q: }\ny:\n  <<: *z\n  z: *z\n`,
  `${head}v: {a: 2001-12-14t21:59:43.10-05:00}\nw: 2001-12-14t21:59:43.10-05:00\n`,
  `${head}v: 2001-01-01  00:00:00\n`,
  `${head}v: .49_1\nw: .1__78\nx: ._1\n`,
  `${head}v: >\n  text\n\n   indented\n  text\n`,
  `${head}v: >2\n   a\n  b\n\n  c\n  d\n`,
  `${head}v: >2+\n  more text\n\nw: 1\n`,
  `${head}v: >\n  text\n  \ttab\n`,
  `${head}v: &x {a: &x 1}\nw: *x\n`,
  `${head}v: {yes:, no: a}\n`,
  `${head}v: [?a]\n`,
  `${head}v: {2001-01-01: a}\n`,
  `${head}v: {"<<": 1}\n`,
  `${head}  annotations: {a: 1.50, b: yes, c: ~, d: 2001-01-01, e: .inf, f: }\n`,
  `${head}  annotations:\n    a: >\n      x\n        y\n`,
  `${head}  annotations: {}\n  labels: {}\n`,
  `${head}  labels: {a: 2001-01-01, b: }\n`,
  `${head}  labels:\n    a: ~\n`,
  'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: X\n  metadata: {name: a, annotations: {a: 1.50}}\n  v: {a: }\n',
  'apiVersion: v1\nkind: XList\nitems:\n- apiVersion: v1\n  kind: X\n  metadata: {name: a, annotations: {a: 1.50, b: ~}}\n  v: {a: }\n  w: >\n    a\n     b\n',
  `${head}v: |+\n  text\n\n# last\n`,
  `${head}v: |+\n  text\n\n# head\nw: 1\n`,
  `${head}v: >+\n  text\n\n  # last\n---\n`,
  `${head}v:\n- |+\n  text\n\n\n# one\n\n# two`,
  `${head}v: |2\n    text\n    \n`,
  `${head}v:\n  w: |+\n   text\n\n  # in\n# last\n`,
  `${head}v:\n- a: |+\n     text\n\n  # in\n`,
  `${head}v: &a 2001-1-1\n*a : 1\n`,
  `${head}v: [0o-2, 0b+1]\nw: -0o-2\nx: 0O-2\n`,
  `${head}---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: X\n  metadata: {name: b, annotations: {a: 1.50}}\n  v: {a: }\n`,
];
