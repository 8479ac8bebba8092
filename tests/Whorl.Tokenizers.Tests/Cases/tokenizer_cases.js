// Makes tokenizer-cases.jsonl.gz: small tokenizers, a component at a time, and what Hugging Face's tokenizers 0.23.2 makes of texts with them.
// A line is {name, tokenizer, texts: [{text, ids, offsets, special, special_offsets}], pairs: [{text, pair, ids, types}],
// decoded: [{ids, text, skipped}]}. Run: npm install tokenizers@0.23.2 && node tokenizer_cases.js
const { execFileSync } = require('child_process');
const { gzipSync } = require('zlib');
const { writeFileSync } = require('fs');
const { Tokenizer } = require('tokenizers');

const TEXTS = [
  '', ' ', 'a', ' a', 'Hello world', "  can't  you're\n\nI'M ", 'HELLO wörld', 'cafe\u0301 naïve', 'İstanbul ẞ ΣΑΣ', 'ﬁne ½ ² Ⅷ ①',
  'a,b.c!? “q” — d', 'x=1+2<3>4^5`6|7~8$9', '12 345 6789 1,234.56 ٣٤', '日本語 カタカナ ひらがな 漢字ー', '한국어 \u1100\u1161', 'हिन्दी กขค',
  '👍 👨‍👩‍👧 🏳️‍🌈', 'tab\tnew\nline\r\nend\r', '\u00a0\u2028\u3000\u0085\u200b\ufeff|', '\x00\x01\x7f\x0b\x0c\ufffd\ue000', 'foo_bar foo-bar C++',
  '<s> hi</s><mask> x <mask>y', '[MASK]word [MASK] ', '▁x ▁▁y Ġz', 'aaaa bbbb abab', 'w</w> x## ##y', '<0x41><0xE4>', 'ſ K Å ǆ', '#'.repeat(120),
  'new  york new york', ' a  b   c ',
];
const PAIRS = [['Hello world', 'a b'], ['', 'x'], ['a,b.c!?', ' Hello ']];
const LATIN = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

const split = (pattern, behavior = 'Isolated', invert = false) => ({ type: 'Split', pattern, behavior, invert });
const regex = Regex => ({ Regex });
const string = String => ({ String });
const sequence = (name, ...parts) => ({ type: 'Sequence', [name]: parts });
const replace = (pattern, content) => ({ type: 'Replace', pattern, content });
const byteLevel = (add_prefix_space = false, use_regex = true, trim_offsets = true) => ({ type: 'ByteLevel', add_prefix_space, trim_offsets, use_regex });
const metaspace = (prepend_scheme, splits = true, replacement = '▁') => ({ type: 'Metaspace', replacement, prepend_scheme, split: splits });
const token = (content, flags = {}) => ({ content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: false, ...flags });
const vocabulary = tokens => Object.fromEntries([...new Set(tokens)].map((text, id) => [text, id]));

function byteAlphabet() {
  const printable = [...Array(256).keys()].filter(b => (b > 32 && b < 127) || (b > 160 && b !== 173));
  let next = 256;
  return [...Array(256).keys()].map(b => String.fromCodePoint(printable.includes(b) ? b : next++));
}

// Every character by itself, so that the ids show what the text has become.
const characters = {
  type: 'BPE', unk_token: '<unk>', fuse_unk: false, merges: [],
  vocab: vocabulary(['<unk>', '▁', '_', ...TEXTS.flatMap(text => ['NFC', 'NFD', 'NFKC', 'NFKD'].flatMap(form =>
    [text, text.toLowerCase(), text.toUpperCase()].flatMap(cased => [...cased.normalize(form)]))), ...byteAlphabet()]),
};

// One token for everything, so that the offsets show how the text was cut.
const pieces = { type: 'WordLevel', vocab: { '?': 0 }, unk_token: '?' };
const bytes = {
  type: 'BPE', merges: [['H', 'e'], ['l', 'l'], ['Ġ', 'a'], ['ll', 'o'], ['He', 'llo'], ['Ã', '©'], ['Ġ', 'b']],
  vocab: vocabulary([...byteAlphabet(), 'He', 'll', 'Ġa', 'llo', 'Hello', 'Ã©', 'Ġb', 'Ġworld', '<s>', '</s>', '[CLS]', '[SEP]']),
};
const subwords = (more = {}, affixed = text => [text]) => ({
  type: 'BPE', unk_token: '<unk>', merges: [['a', 'b'], ['ab', 'ab'], ['a', 'a'], ['b', 'b'], ['aa', 'aa']],
  vocab: vocabulary(['<unk>', ...[...LATIN].flatMap(affixed), 'ab', 'abab', 'aa', 'bb', 'aaaa', '<s>', '</s>']), ...more,
});
const bytePieces = [...Array(256).keys()].map(b => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);
const unigram = (more = {}) => ({
  type: 'Unigram', unk_id: 0, byte_fallback: false,
  vocab: [['<unk>', 0], ['▁', -2], ['▁a', -3.5], ['a', -4], ['b', -4.25], ['ab', -6.5], ['abab', -9.125], ['▁He', -5], ['llo', -4.5],
    ['l', -6], ['o', -6], ['é', -7], ['e', -5], ['日', -8], ['日本', -7.5], ...bytePieces.map(piece => [piece, 0])], ...more,
});
const wordPiece = (more = {}) => ({
  type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100,
  vocab: vocabulary(['[UNK]', '[CLS]', '[SEP]', 'hello', 'Hello', 'wor', '##ld', 'w', '##o', 'a', '##b', '##a', 'b', 'ab', '日', ',', '.', '!', '?', 'new', 'york']), ...more,
});

const CASES = {
  ...Object.fromEntries([
    { type: 'NFC' }, { type: 'NFD' }, { type: 'NFKC' }, { type: 'NFKD' }, { type: 'Lowercase' }, { type: 'StripAccents' }, { type: 'Nmt' }, { type: 'ByteLevel' },
    { type: 'Strip', strip_left: true, strip_right: false }, { type: 'Strip', strip_left: true, strip_right: true },
    { type: 'Prepend', prepend: '▁' }, replace(string(' '), '▁'), replace(regex('\\s+'), '_'), replace(regex('(?<=a)b|é'), ''),
    { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    { type: 'BertNormalizer', clean_text: false, handle_chinese_chars: false, strip_accents: true, lowercase: false },
    sequence('normalizers', { type: 'NFD' }, { type: 'StripAccents' }, { type: 'Lowercase' }), sequence('normalizers'),
  ].map((normalizer, i) => [`normalizer ${i} ${normalizer.type}`, { normalizer, model: characters }])),
  ...Object.fromEntries([
    byteLevel(), byteLevel(true), byteLevel(true, false), ...['always', 'first', 'never'].flatMap(scheme => [metaspace(scheme), metaspace(scheme, false)]),
    metaspace('always', true, '_'), { type: 'Whitespace' }, { type: 'WhitespaceSplit' }, { type: 'BertPreTokenizer' }, { type: 'UnicodeScripts' },
    { type: 'Digits', individual_digits: true }, { type: 'Digits', individual_digits: false }, { type: 'FixedLength', length: 3 },
    { type: 'CharDelimiterSplit', delimiter: 'a' }, { type: 'CharDelimiterSplit', delimiter: '👍' },
    ...['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'].flatMap(behavior => [
      { type: 'Punctuation', behavior }, split(regex('\\s|,'), behavior), split(regex('\\s|,'), behavior, true), split(string('a'), behavior)]),
    ...['\\w+|[^\\w\\s]+', '[\\w]+', '[[:punct:]]', '[[:word:]]+', '[^[:^alpha:]]+', '\\p{L}\\p{M}*', '[\\p{Ll}&&[^aeiou]]+', '(?i:hello|ſ|k)',
      '(?i:\\p{Lu})', '(?i:[\\p{Lu}])+', '(?<![a-z])[a-z]+(?![a-z])', 'a++b?|b{2}', '(?>a|ab)c|\\bx', '\\R|\\N', '[^\\S\\n]+', '\\d{1,3}(?=(?:\\d{3})*\\b)',
      '(?=(\\d{3})+(?!\\d))', '^\\s+|\\s+$', "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ].map(pattern => split(regex(pattern))),
    sequence('pretokenizers', { type: 'WhitespaceSplit' }, { type: 'Punctuation', behavior: 'Isolated' }, metaspace('first')),
    sequence('pretokenizers', { type: 'Digits', individual_digits: true }, byteLevel(true)), sequence('pretokenizers'),
  ].map((pre_tokenizer, i) => [`pre-tokenizer ${i} ${pre_tokenizer.type}`, { pre_tokenizer, model: pieces }])),
  'BPE of bytes': { pre_tokenizer: byteLevel(), decoder: byteLevel(), model: bytes },
  'BPE that ignores merges': { pre_tokenizer: byteLevel(), decoder: byteLevel(), model: { ...bytes, ignore_merges: true } },
  'BPE without an unknown token': { model: subwords({ unk_token: null }) },
  'BPE that fuses unknown characters': { model: subwords({ fuse_unk: true }) },
  'BPE with an unknown token that the vocabulary lacks': { model: { ...bytes, unk_token: '<none>' }, pre_tokenizer: byteLevel() },
  'BPE with byte fallback': { model: subwords({ byte_fallback: true, vocab: vocabulary(['<unk>', ...bytePieces, ...LATIN, 'ab', 'abab', 'aa', 'bb', 'aaaa']) }) },
  'BPE with a prefix': { pre_tokenizer: { type: 'Whitespace' }, model: subwords({ continuing_subword_prefix: '##', merges: [['a', '##b'], ['##b', '##b']], vocab: vocabulary(['<unk>', ...[...LATIN].flatMap(c => [c, '##' + c]), 'ab', '##bb']) }) },
  'BPE with a suffix': { pre_tokenizer: { type: 'Whitespace' }, model: subwords({ end_of_word_suffix: '</w>', merges: [['a', 'b</w>'], ['a', 'a']], vocab: vocabulary(['<unk>', ...[...LATIN].flatMap(c => [c, c + '</w>']), 'ab</w>', 'aa']) }), decoder: { type: 'BPEDecoder', suffix: '</w>' } },
  'Unigram': { pre_tokenizer: metaspace('always'), decoder: metaspace('always'), model: unigram() },
  'Unigram with byte fallback': { normalizer: sequence('normalizers', { type: 'Prepend', prepend: '▁' }, replace(string(' '), '▁')), model: unigram({ byte_fallback: true }), decoder: sequence('decoders', replace(string('▁'), ' '), { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }) },
  'Unigram with trimmed offsets': { model: unigram(), post_processor: byteLevel(true) },
  'WordPiece': { pre_tokenizer: { type: 'BertPreTokenizer' }, model: wordPiece(), decoder: { type: 'WordPiece', prefix: '##', cleanup: true } },
  'WordPiece with a short limit': { pre_tokenizer: { type: 'BertPreTokenizer' }, model: wordPiece({ max_input_chars_per_word: 4 }), decoder: { type: 'WordPiece', prefix: '##', cleanup: false } },
  'WordLevel': { pre_tokenizer: { type: 'Whitespace' }, model: { type: 'WordLevel', unk_token: '?', vocab: vocabulary(['?', 'Hello', 'world', 'a', 'b', ',']) } },
  ...Object.fromEntries([
    byteLevel(true), byteLevel(false), { type: 'BertProcessing', sep: ['[SEP]', 266], cls: ['[CLS]', 265] },
    { type: 'RobertaProcessing', sep: ['</s>', 264], cls: ['<s>', 263], trim_offsets: true, add_prefix_space: true },
    { type: 'RobertaProcessing', sep: ['</s>', 264], cls: ['<s>', 263], trim_offsets: false, add_prefix_space: false },
    sequence('processors', byteLevel(false), { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 1 } }],
      pair: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'B', type_id: 2 } }, { Sequence: { id: 'A', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [263, 263], tokens: ['<s>', '<s>'] }, '</s>': { id: '</s>', ids: [264], tokens: ['</s>'] } } }),
  ].map((post_processor, i) => [`post-processor ${i} ${post_processor.type}`, { post_processor, pre_tokenizer: byteLevel(true), model: bytes, added_tokens: [token('<s>', { special: true, rstrip: true }), token('world', { lstrip: true })] }])),
  ...Object.fromEntries([
    null, byteLevel(), metaspace('always'), metaspace('never'), metaspace('first'), { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: 'a', start: 1, stop: 1 },
    replace(string('a'), 'bb'), replace(regex('[aeiou]+'), '*'), { type: 'WordPiece', prefix: '##', cleanup: true }, { type: 'BPEDecoder', suffix: 'o' },
    { type: 'CTC', pad_token: '<pad>', word_delimiter_token: '|', cleanup: true },
    sequence('decoders', { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: 'a', start: 2, stop: 0 }), sequence('decoders', byteLevel(), { type: 'Strip', content: 'H', start: 1, stop: 0 }),
    sequence('decoders', replace(string('▁'), ' '), { type: 'ByteFallback' }, { type: 'Fuse' }), sequence('decoders', { type: 'Fuse' }, replace(regex('a+'), 'A')),
  ].map((decoder, i) => [`decoder ${i} ${decoder?.type}`, { decoder, model: { type: 'BPE', merges: [], vocab: vocabulary(['a', 'aa', '▁a', '▁', 'Hello', 'Ġworld', 'Ã', '©', '<0x41>', '<0xC3>', '<0xA9>', '<0xFF>', '##b', ' .', "n't", 'o', '<pad>', '|', 'é']) } }])),
  ...Object.fromEntries([
    [{ lstrip: true }], [{ rstrip: true }], [{ lstrip: true, rstrip: true, single_word: true }], [{ special: true }], [{ normalized: true }], [{ normalized: true, single_word: true, rstrip: true }],
  ].map(([flags], i) => [`added tokens ${i} ${Object.keys(flags)}`, {
    normalizer: { type: 'Lowercase' }, model: characters, pre_tokenizer: { type: 'Whitespace' }, post_processor: byteLevel(true),
    added_tokens: ['<mask>', '[MASK]', 'world', 'New York', '<s>', 'é', '  '].map(content => token(content, flags)),
  }])),
};

async function answer(json, ids) {
  const t = Tokenizer.fromString(JSON.stringify(json));
  const encode = (text, pair, addSpecialTokens) => t.encode(text, pair, { addSpecialTokens });
  const result = { texts: [], pairs: [], decoded: [] };
  for (const text of TEXTS) {
    const [bare, special] = [await encode(text, null, false), await encode(text, null, true)];
    result.texts.push({ text, ids: bare.getIds(), offsets: bare.getOffsets(), special: special.getIds(), special_offsets: special.getOffsets() });
    ids.push(bare.getIds());
  }
  for (const [text, pair] of PAIRS) {
    const both = await encode(text, pair, true);
    result.pairs.push({ text, pair, ids: both.getIds(), types: both.getTypeIds() });
  }
  for (const some of ids) result.decoded.push({ ids: some, text: await t.decode(some, false), skipped: await t.decode(some, true) });
  return result;
}

if (process.argv[2]) {
  const { added_tokens = [], normalizer = null, pre_tokenizer = null, post_processor = null, decoder = null, model } = CASES[process.argv[2]];
  const vocab = Array.isArray(model.vocab) ? Object.fromEntries(model.vocab.map(([text], id) => [text, id])) : model.vocab;
  let next = Object.keys(vocab).length;
  const numbered = added_tokens.map(added => ({ id: vocab[added.content] ?? next++, ...added })).sort((a, b) => a.id - b.id);
  const tokenizer = { version: '1.0', truncation: null, padding: null, added_tokens: numbered, normalizer, pre_tokenizer, post_processor, decoder, model };
  const ids = [[], ...[...Array(12).keys()].map(i => [...Array(i % 6 + 1).keys()].map(k => (i * 7 + k * 5) % next))];
  answer(tokenizer, ids).then(result => process.stdout.write(JSON.stringify({ name: process.argv[2], tokenizer, ...result })));
} else {
  // In a process each: where the library panics, which it does on some offsets, the case is left out.
  const lines = Object.keys(CASES).flatMap(name => {
    try {
      return [execFileSync(process.execPath, [__filename, name], { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] })];
    } catch {
      console.error(`left out: ${name}`);
      return [];
    }
  });
  writeFileSync('tokenizer-cases.jsonl.gz', gzipSync(lines.join('\n') + '\n', { level: 9 }));
}
