using System.Globalization;
using System.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Patterns;

/// <summary>Parses Oniguruma's Ruby syntax, which is what tokenizer.json files are written in.</summary>
/// <remarks>
/// Source: Oniguruma's doc/RE and doc/SYNTAX. What a splitter cannot need is refused by name: back references, subexpression calls,
/// conditionals, absent operators, \K, \X. Groups capture nothing. ^ and $ are those of lines, as in Ruby.
/// </remarks>
internal sealed partial class PatternParser
{
    private const int MaxLength = 65_536;
    private const int MaxDepth = 200;
    private const int MaxRepeat = 1_000;

    private readonly string _pattern;
    private int _at;
    private int _depth;

    private PatternParser(string pattern) => _pattern = pattern;

    /// <summary>The pattern as a tree.</summary>
    /// <exception cref="FormatException">It is malformed, too large, or uses something that is refused.</exception>
    public static PatternNode Parse(string pattern)
    {
        if (pattern.Length > MaxLength)
        {
            throw new FormatException($"the pattern is longer than {MaxLength} characters");
        }

        var parser = new PatternParser(pattern);
        PatternNode node = parser.ParseAlternation(default);
        return parser.More ? throw parser.Error("unmatched ')'") : node;
    }

    private bool More => _at < _pattern.Length;

    private char Peek => _pattern[_at];

    private bool Take(string expected)
    {
        if (string.CompareOrdinal(_pattern, _at, expected, 0, expected.Length) != 0)
        {
            return false;
        }

        _at += expected.Length;
        return true;
    }

    private int TakeCodePoint()
    {
        if (!More)
        {
            throw Error("the pattern ends too early");
        }

        int c = CodePoints.At(_pattern, _at);
        _at += CodePoints.Units(c);
        return c;
    }

    private FormatException Error(string what) => new($"{what} at character {_at} of the pattern {_pattern}");

    private PatternNode ParseAlternation(Options options)
    {
        if (++_depth > MaxDepth)
        {
            throw Error($"groups nested deeper than {MaxDepth}");
        }

        var branches = new List<PatternNode> { ParseSequence(options) };
        while (More && Peek == '|')
        {
            _at++;
            branches.Add(ParseSequence(options));
        }

        _depth--;
        return branches.Count == 1 ? branches[0] : new AlternationNode(branches);
    }

    private PatternNode ParseSequence(Options options)
    {
        var parts = new List<PatternNode>();
        while (More && Peek is not ('|' or ')'))
        {
            if (options.Extended && SkipExtended())
            {
                continue;
            }

            PatternNode? atom = ParseAtom(options);
            if (atom is not null)
            {
                parts.Add(ParseQuantifiers(atom));
            }
        }

        return parts.Count switch { 0 => new EmptyNode(), 1 => parts[0], _ => new SequenceNode(parts) };
    }

    private bool SkipExtended()
    {
        if (char.IsWhiteSpace(Peek))
        {
            _at++;
            return true;
        }

        if (Peek != '#')
        {
            return false;
        }

        int end = _pattern.IndexOf('\n', _at);
        _at = end < 0 ? _pattern.Length : end + 1;
        return true;
    }

    private PatternNode? ParseAtom(Options options)
    {
        switch (Peek)
        {
            case '(':
                return ParseGroup(options);
            case '[':
                _at++;
                return new SetNode(Cased(ParseClass(options), options));
            case '.':
                _at++;
                return new SetNode(options.DotAll ? new CodePointSet(_ => true) : new CodePointSet(c => c != '\n'));
            case '^':
                _at++;
                return new AssertionNode(AssertionKind.LineStart);
            case '$':
                _at++;
                return new AssertionNode(AssertionKind.LineEnd);
            case '\\':
                _at++;
                return ParseEscape(options);
            case '*' or '+' or '?':
                throw Error($"'{Peek}' with nothing to repeat");
            default:
                return Literal(TakeCodePoint(), options);
        }
    }

    private static SetNode Literal(int c, Options options) => new(Cased(CodePointSet.Single(c), options));

    private static CodePointSet Cased(CodePointSet set, Options options) => options.IgnoreCase ? CaseFolding.Close(set) : set;

    private PatternNode? ParseGroup(Options options)
    {
        _at++;
        if (!Take("?"))
        {
            return Closed(ParseAlternation(options));
        }

        if (Take("#"))
        {
            int end = _pattern.IndexOf(')', _at);
            _at = end < 0 ? throw Error("a comment without end") : end + 1;
            return null;
        }

        if (Take(":"))
        {
            return Closed(ParseAlternation(options));
        }

        if (Take(">"))
        {
            return new AtomicNode(Closed(ParseAlternation(options)));
        }

        foreach ((string opening, bool behind, bool negative) in Looks)
        {
            if (Take(opening))
            {
                return new LookNode(Closed(ParseAlternation(options)), behind, negative);
            }
        }

        if (More && Peek is '<' or '\'')
        {
            char close = Peek == '<' ? '>' : '\'';
            int end = _pattern.IndexOf(close, _at + 1);
            _at = end < 0 ? throw Error("a group name without end") : end + 1;
            return Closed(ParseAlternation(options));
        }

        return ParseOptions(options);
    }

    private static readonly (string Opening, bool Behind, bool Negative)[] Looks =
        [("=", false, false), ("!", false, true), ("<=", true, false), ("<!", true, true)];

    private PatternNode ParseOptions(Options options)
    {
        bool on = true;
        while (More)
        {
            char c = Peek;
            _at++;
            switch (c)
            {
                case '-':
                    on = false;
                    break;
                case 'i':
                    options = options with { IgnoreCase = on };
                    break;
                case 'm':
                    options = options with { DotAll = on };
                    break;
                case 'x':
                    options = options with { Extended = on };
                    break;
                case ':':
                    return Closed(ParseAlternation(options));
                case ')':
                    return ParseAlternation(options); // as Oniguruma has it, a(?i)b|c is a(?i:b|c)
                default:
                    throw Error($"the group (?{c}…) is not supported");
            }
        }

        throw Error("a group without end");
    }

    private PatternNode Closed(PatternNode body) => Take(")") ? body : throw Error("a group without end");

    private PatternNode ParseQuantifiers(PatternNode body)
    {
        while (More)
        {
            if (TryInterval(out int min, out int max))
            {
                if (max == min && Take("?"))
                {
                    body = new RepeatNode(new RepeatNode(body, min, max, RepeatKind.Greedy), 0, 1, RepeatKind.Greedy); // Ruby's {n}?
                    continue;
                }

                body = new RepeatNode(body, min, max, Take("?") ? RepeatKind.Lazy : RepeatKind.Greedy);
                continue;
            }

            (min, max) = Peek switch { '*' => (0, -1), '+' => (1, -1), '?' => (0, 1), _ => (-1, -1) };
            if (min < 0)
            {
                break;
            }

            _at++;
            body = new RepeatNode(body, min, max, Take("?") ? RepeatKind.Lazy : Take("+") ? RepeatKind.Possessive : RepeatKind.Greedy);
        }

        return body;
    }

    // {n}, {n,}, {,m}, {n,m}; anything else that begins with a brace is text.
    private bool TryInterval(out int min, out int max)
    {
        (min, max) = (0, -1);
        if (Peek != '{')
        {
            return false;
        }

        int end = _pattern.IndexOf('}', _at);
        string[] bounds = end < 0 ? [] : _pattern[(_at + 1)..end].Split(',');
        if (bounds.Length is < 1 or > 2 || bounds.All(bound => bound.Length == 0) || !bounds.All(bound => bound.All(char.IsAsciiDigit)))
        {
            return false;
        }

        if (bounds.Any(bound => bound.Length > 4))
        {
            throw Error($"a repetition beyond {MaxRepeat}");
        }

        min = bounds[0].Length == 0 ? 0 : int.Parse(bounds[0], CultureInfo.InvariantCulture);
        max = bounds.Length == 1 ? min : bounds[1].Length == 0 ? -1 : int.Parse(bounds[1], CultureInfo.InvariantCulture);
        if (Math.Max(min, max) > MaxRepeat || (max >= 0 && max < min))
        {
            throw Error($"a repetition out of order or beyond {MaxRepeat}");
        }

        _at = end + 1;
        return true;
    }

    private PatternNode ParseEscape(Options options)
    {
        if (!More)
        {
            throw Error("a backslash at the end");
        }

        AssertionKind? assertion = Peek switch
        {
            'A' => AssertionKind.TextStart,
            'z' => AssertionKind.TextEnd,
            'Z' => AssertionKind.TextEndOrLastNewline,
            'b' => AssertionKind.WordBoundary,
            'B' => AssertionKind.NotWordBoundary,
            _ => null,
        };
        if (assertion is not null)
        {
            _at++;
            return new AssertionNode(assertion.Value);
        }

        if (Peek == 'R')
        {
            _at++;
            var pair = new SequenceNode([new SetNode(CodePointSet.Single('\r')), new SetNode(CodePointSet.Single('\n'))]);
            var one = new SetNode(new CodePointSet(c => c is (>= '\n' and <= '\r') or 0x85 or 0x2028 or 0x2029));
            return new AtomicNode(new AlternationNode([pair, one]));
        }

        if (Take("N") || Take("O"))
        {
            bool any = _pattern[_at - 1] == 'O';
            return new SetNode(new CodePointSet(c => any || c != '\n'));
        }

        if (Peek is 'G' or 'K' or 'X' or 'k' or 'g' or (>= '1' and <= '9'))
        {
            throw Error($"\\{Peek} is not supported");
        }

        // A class by name is what it is, whatever the case; in brackets it is not.
        return IsClassEscape(Peek) ? new SetNode(ParseSetEscape(bracketed: false)) : Literal(ParseCharacterEscape(), options);
    }

    private static bool IsClassEscape(char c) => c is 'p' or 'P' or 'd' or 'D' or 's' or 'S' or 'w' or 'W' or 'h' or 'H';

    /// <summary>The class that follows a backslash.</summary>
    private CodePointSet ParseSetEscape(bool bracketed)
    {
        if (Peek is 'p' or 'P')
        {
            return ParseProperty();
        }

        CodePointSet known = Peek switch
        {
            'd' or 'D' => UnicodeProperties.FindBracket("digit")!,
            's' or 'S' => UnicodeProperties.FindBracket("space")!,
            'w' or 'W' when bracketed => UnicodeProperties.FindBracket("word")!,
            'w' or 'W' => UnicodeProperties.Find("word")!,
            _ => UnicodeProperties.FindBracket("xdigit")!,
        };
        bool negated = char.IsAsciiLetterUpper(Peek);
        _at++;
        return negated ? known.Complement() : known;
    }

    private CodePointSet ParseProperty()
    {
        bool negated = Peek == 'P';
        _at++;
        int end = More && Peek == '{' ? _pattern.IndexOf('}', _at) : -1;
        if (end < 0)
        {
            throw Error("a property without {name}");
        }

        string name = _pattern[(_at + 1)..end];
        if (name.StartsWith('^'))
        {
            negated = !negated;
            name = name[1..];
        }

        CodePointSet set = UnicodeProperties.Find(name) ?? throw Error($"the property \\p{{{name}}} is not known");
        _at = end + 1;
        return negated ? set.Complement() : set;
    }

    private int ParseCharacterEscape()
    {
        int c = TakeCodePoint();
        switch (c)
        {
            case 't':
                return '\t';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 'f':
                return '\f';
            case 'v':
                return '\v';
            case 'a':
                return '\a';
            case 'e':
                return 0x1B;
            case 'u':
                return Hexadecimal(4, 4);
            case 'x' when Take("{"):
                int value = Hexadecimal(1, 8);
                return Take("}") ? value : throw Error("\\x{ without }");
            case 'x':
                int single = Hexadecimal(1, 2);
                return single < 0x80 ? single : throw Error($"\\x{single:X2} is a byte of UTF-8, which is not supported; write \\x{{…}}");
            case '0':
                int octal = 0;
                for (int digits = 0; digits < 2 && More && Peek is >= '0' and <= '7'; digits++)
                {
                    octal = octal * 8 + TakeCodePoint() - '0';
                }

                return octal;
            default:
                return c;
        }
    }

    private int Hexadecimal(int atLeast, int atMost)
    {
        var digits = new StringBuilder();
        while (digits.Length < atMost && More && char.IsAsciiHexDigit(Peek))
        {
            digits.Append(Peek);
            _at++;
        }

        if (digits.Length < atLeast)
        {
            throw Error("a hexadecimal escape without digits");
        }

        uint value = uint.Parse(digits.ToString(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return value <= 0x10FFFF ? (int)value : throw Error("a code point beyond U+10FFFF");
    }

    /// <summary>The options of a group: i, m and x.</summary>
    private readonly record struct Options(bool IgnoreCase, bool DotAll, bool Extended);
}
