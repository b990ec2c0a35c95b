/** Words that hold no blank stand side by side. */
function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** Plain scalars that readers of YAML 1.1, YAML 1.2 and Go take for different things, one a line. */
export const darkWords: readonly string[] = [
  ...words(`
  yes Yes YES no No NO on On ON off Off OFF y Y n N true True TRUE false False FALSE tRue null Null NULL
  nULL ~ ~~ 0 -0 +0 00 007 0777 -0777 08 09 0o17 0O17 -0o17 0b101 0B1 -0b11 +0b1 0b2 0x1F 0X1f -0x1f +0x1
  0x 0xg 0x_1 1_000 _1 1_ 1__0 0_7 1_000.5 1e_5 0x1_F 0b1_0 0o1_7 -_1 1:30 1:30:45 190:20:30 -1:30 1:60
  01:02:03 1:2.5 12:30:45.5 1. .5 -.5 +.5 1.5 1.50 1e3 1E3 1e+3 1.5e-3 1e 1e400 -1e400 1e-400 .e1 1.e1 .
  .. -. 0.1 1e21 1e20 123456789.123456789 1e15 1e16 100000000000000000000 0.00001 0.0000001 1.0 -0.0 0e0
  5e-324 0x1p3 0x1.8p1 inf nan Inf NaN +inf infinity -.nan 9007199254740991 9007199254740992
  9007199254740993 -9007199254740993 9223372036854775807 9223372036854775808 -9223372036854775808
  -9223372036854775809 18446744073709551615 18446744073709551616 0xFFFFFFFFFFFFFFFF 0x10000000000000000
  0777777777777777777777 01777777777777777777777 123456789012345678901234567890 -18446744073709551615
  2001-01-01 2001-1-1 2001-02-30 2001-12-14t21:59:43.10-05:00 2001-12-14T21:59:43Z
  2001-12-14T21:59:43.123456789123Z 0000-01-01 2001-01-01T00:00:00+00:00 2001-1-1T1:1:1Z
  2001-01-01T24:00:00Z 2001-01-01T23:59:60Z 10000-01-01 2001-01-01T00:00:00.0Z 2001-13-01
  2001-01-01T00:00:00 = -- ---x << < >x :x : a#b -1 -a ?a ~a ends\\ \${x} {{x}} [x]
  `),
  ...[
    '2001-12-14 21:59:43.10 -5',
    '2001-12-15 2:59:43.10',
    '2001-01-01 00:00:00',
    '2001-01-01  00:00:00',
    '2001-01-01T00:00:00 Z',
    'a #b',
    '',
    'a\tb',
    'a \t# c',
    '\u00e9',
    '\u65e5\u672c',
    '\ud83d\ude00',
    '\u00a0',
    '\u200b',
    '\ufeffa',
    '{a: b}',
  ],
];

/** Plain scalars that are none, or that no object may hold, one a line. */
export const brokenWords: readonly string[] = [
  ...words(`
  @a \`a %a ! & * |x " ' [ ] { } , .inf .Inf .INF -.inf +.inf .nan .NaN .NAN !a - x:
  `),
  ...['- 1', '? a', 'a: b'],
];

/** Texts without quotes, one a line. */
export const plainTexts: readonly string[] = [
  ...words(`
  text it's http://x:80/y a:b:c [no x] x} x{ a&b a*b a!b a|b a>b a%b a@b a\`b \\n C:\\x 1,5
  `),
  ...[
    'a b  c',
    'a - b',
    'a ? b',
    'say "x"',
    'x ',
    'a, b',
    '\u00e9 \u00e0',
    'tab\there',
    '1 2',
    'true false',
    '--- x',
    '... x',
    'x ---',
  ],
];
