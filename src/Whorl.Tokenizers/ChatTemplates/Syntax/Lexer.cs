using System.Globalization;
using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Splits a template into tokens and removes the white space that its tags ask to be removed.</summary>
/// <remarks>
/// The environment's options are fixed: <c>trim_blocks</c> (the newline behind a block or comment goes), <c>lstrip_blocks</c> (the white
/// space before one goes if nothing else is on the line), <c>keep_trailing_newline</c> off. Source: jinja2/lexer.py.
/// </remarks>
internal sealed class Lexer
{
    private static readonly string[] Operators =
    [
        "**", "//", "==", "!=", ">=", "<=",
        "+", "-", "*", "/", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
    ];

    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private readonly Stack<char> _brackets = new();
    private int _at;
    private int _line = 1;

    // Whether the last thing read ended a line, so that white space at _at is at a line's start.
    private bool _lineStarting = true;

    private Lexer(string source) => _source = source;

    /// <summary>The tokens of a template, the last of them its end.</summary>
    public static List<Token> Tokenize(string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        var lexer = new Lexer(source.EndsWith('\n') ? source[..^1] : source);
        lexer.ReadAll();
        lexer._tokens.Add(new Token(lexer._line, TokenKind.End, ""));
        return lexer._tokens;
    }

    private void ReadAll()
    {
        while (_at < _source.Length)
        {
            int tag = NextTag();
            if (tag < 0)
            {
                AddData(_source[_at..]);
                Advance(_source.Length);
                return;
            }

            ReadTag(tag);
        }
    }

    private int NextTag()
    {
        for (int i = _source.IndexOf('{', _at); i >= 0 && i + 1 < _source.Length; i = _source.IndexOf('{', i + 1))
        {
            if (_source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    private void ReadTag(int tag)
    {
        char type = _source[tag + 1];
        int start = tag + 2;
        char sign = start < _source.Length && _source[start] is '-' or '+' ? _source[start++] : '\0';
        AddData(Stripped(_source[_at..tag], sign, isVariable: type == '{'));
        int rawStart = type == '%' ? RawStart(start) : -1;
        if (rawStart >= 0)
        {
            Advance(rawStart);
            ReadRaw();
            return;
        }

        Advance(start);
        if (type == '#')
        {
            ReadComment();
            return;
        }

        bool isBlock = type == '%';
        _tokens.Add(new Token(_line, isBlock ? TokenKind.BlockBegin : TokenKind.VariableBegin, ""));
        ReadExpression(isBlock);
    }

    private string Stripped(string text, char sign, bool isVariable)
    {
        if (sign == '-')
        {
            return PythonText.StripEnd(text);
        }

        int lineStart = text.LastIndexOf('\n') + 1;
        bool strip = sign != '+' && !isVariable && (lineStart > 0 || _lineStarting);
        return strip && PythonText.Strip(text[lineStart..]).Length == 0 ? text[..lineStart] : text;
    }

    // Where the text behind {% raw %} starts, if that is what stands at the given place; else -1.
    private int RawStart(int at)
    {
        int name = SkipSpace(at);
        if (!Has(name, "raw"))
        {
            return -1;
        }

        int end = SkipSpace(name + "raw".Length);
        return Has(end, "-%}") ? SkipSpace(end + 3) : Has(end, "%}") ? end + 2 : -1;
    }

    private void ReadRaw()
    {
        int line = _line;
        int i = _at;
        while ((i = _source.IndexOf("{%", i, StringComparison.Ordinal)) >= 0)
        {
            char sign = i + 2 < _source.Length && _source[i + 2] is '-' or '+' ? _source[i + 2] : '\0';
            int name = SkipSpace(i + (sign == '\0' ? 2 : 3));
            int end = Has(name, "endraw") ? EndOf("%}", SkipSpace(name + "endraw".Length), trimNewLine: true) : -1;
            if (end >= 0)
            {
                AddData(Stripped(_source[_at..i], sign, isVariable: false));
                Advance(end);
                return;
            }

            i += 2;
        }

        if (_at < _source.Length)
        {
            throw ChatTemplateException.Syntax("Missing end of raw directive", line);
        }
    }

    private void ReadComment()
    {
        int close = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (close < 0)
        {
            throw ChatTemplateException.Syntax("Missing end of comment tag", _line);
        }

        bool signed = close > _at && _source[close - 1] is '-' or '+';
        Advance(EndOf("#}", signed ? close - 1 : close, trimNewLine: true));
    }

    // Behind a closing tag at the given place, with the white space that goes with it; -1 if there is none.
    private int EndOf(string close, int at, bool trimNewLine)
    {
        if (Has(at, "-" + close))
        {
            return SkipSpace(at + 1 + close.Length);
        }

        if (trimNewLine && Has(at, "+" + close))
        {
            return at + 1 + close.Length;
        }

        if (!Has(at, close))
        {
            return -1;
        }

        int end = at + close.Length;
        return trimNewLine && Has(end, "\n") ? end + 1 : end;
    }

    private void ReadExpression(bool isBlock)
    {
        _brackets.Clear();
        while (_at < _source.Length)
        {
            int end = _brackets.Count == 0 ? EndOf(isBlock ? "%}" : "}}", _at, trimNewLine: isBlock) : -1;
            if (end >= 0)
            {
                _tokens.Add(new Token(_line, isBlock ? TokenKind.BlockEnd : TokenKind.VariableEnd, ""));
                Advance(end);
                return;
            }

            ReadToken();
        }
    }

    private void ReadToken()
    {
        char first = _source[_at];
        if (PythonText.IsSpace(first))
        {
            Advance(SkipSpace(_at));
        }
        else if (char.IsAsciiDigit(first))
        {
            ReadNumber();
        }
        else if (IsWordAt(_at))
        {
            ReadName();
        }
        else if (first is '\'' or '"' && EndOfString() is > 0 and int end)
        {
            _tokens.Add(new Token(_line, TokenKind.String, StringLiteral.Unescape(_source[(_at + 1)..(end - 1)], _line)));
            Advance(end);
        }
        else
        {
            ReadOperator();
        }
    }

    private void ReadName()
    {
        int end = _at;
        while (end < _source.Length && IsWordAt(end))
        {
            end += char.IsSurrogatePair(_source, end) ? 2 : 1;
        }

        string name = _source[_at..end];
        if (!PythonText.IsIdentifier(name))
        {
            throw ChatTemplateException.Syntax("Invalid character in identifier", _line);
        }

        _tokens.Add(new Token(_line, TokenKind.Name, name));
        Advance(end);
    }

    private bool IsWordAt(int at)
    {
        int point = char.IsSurrogate(_source[at]) && !char.IsSurrogatePair(_source, at) ? ' ' : char.ConvertToUtf32(_source, at);
        return point == '_' || PythonText.IsAlphanumeric(point);
    }

    private int EndOfString()
    {
        for (int i = _at + 1; i < _source.Length; i++)
        {
            if (_source[i] == _source[_at])
            {
                return i + 1;
            }

            i += _source[i] == '\\' ? 1 : 0;
        }

        return -1;
    }

    private void ReadNumber()
    {
        bool afterDot = _at > 0 && _source[_at - 1] == '.';
        int end = afterDot ? -1 : EndOfFloat();
        if (end > 0)
        {
            string text = _source[_at..end].Replace("_", "", StringComparison.Ordinal);
            _tokens.Add(new Token(_line, TokenKind.Float, "", Float: double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)));
            Advance(end);
            return;
        }

        end = EndOfInteger();
        if (!Numbers.TryParseInteger(_source[_at..end], 0, out BigInteger number))
        {
            throw ChatTemplateException.Syntax("a number of too many digits", _line);
        }

        _tokens.Add(new Token(_line, TokenKind.Integer, "", Integer: number));
        Advance(end);
    }

    // A float needs a fraction, an exponent, or both.
    private int EndOfFloat()
    {
        int end = EndOfDigits(_at, char.IsAsciiDigit);
        int fraction = Has(end, ".") ? EndOfDigits(end + 1, char.IsAsciiDigit) : -1;
        end = fraction > 0 ? fraction : end;
        if (end < _source.Length && _source[end] is 'e' or 'E')
        {
            int digits = end + 1 + (end + 1 < _source.Length && _source[end + 1] is '+' or '-' ? 1 : 0);
            int exponent = EndOfDigits(digits, char.IsAsciiDigit);
            return exponent > 0 ? exponent : fraction;
        }

        return fraction;
    }

    private int EndOfInteger()
    {
        if (_source[_at] != '0')
        {
            return EndOfDigits(_at, char.IsAsciiDigit);
        }

        Func<char, bool>? isDigit = _at + 1 < _source.Length ? (_source[_at + 1] | 0x20) switch
        {
            'b' => character => character is '0' or '1',
            'o' => character => character is >= '0' and <= '7',
            'x' => char.IsAsciiHexDigit,
            _ => null,
        } : null;
        int digits = _at + 2 + (isDigit is not null && Has(_at + 2, "_") ? 1 : 0);
        int end = isDigit is null ? -1 : EndOfDigits(digits, isDigit);
        return end > 0 ? end : EndOfDigits(_at, character => character == '0');
    }

    // Behind digits that may be parted by single underscores; -1 if there is no digit.
    private int EndOfDigits(int at, Func<char, bool> isDigit)
    {
        if (at >= _source.Length || !isDigit(_source[at]))
        {
            return -1;
        }

        int end = at + 1;
        while (true)
        {
            int next = Has(end, "_") ? end + 1 : end;
            if (next >= _source.Length || !isDigit(_source[next]))
            {
                return end;
            }

            end = next + 1;
        }
    }

    private void ReadOperator()
    {
        string sign = Operators.FirstOrDefault(candidate => Has(_at, candidate)) ?? throw ChatTemplateException.Syntax(
            $"unexpected char {PythonText.Quote(_source[_at].ToString())} at {_at.ToString(CultureInfo.InvariantCulture)}", _line);
        switch (sign)
        {
            case "(" or "[" or "{":
                _brackets.Push(sign[0] switch { '(' => ')', '[' => ']', _ => '}' });
                break;
            case ")" or "]" or "}":
                if (!_brackets.TryPop(out char expected))
                {
                    throw ChatTemplateException.Syntax($"unexpected '{sign}'", _line);
                }

                if (expected != sign[0])
                {
                    throw ChatTemplateException.Syntax($"unexpected '{sign}', expected '{expected}'", _line);
                }

                break;
            default:
                break;
        }

        _tokens.Add(new Token(_line, TokenKind.Operator, sign));
        Advance(_at + sign.Length);
    }

    private void AddData(string text)
    {
        if (text.Length > 0)
        {
            _tokens.Add(new Token(_line, TokenKind.Data, text));
        }
    }

    private void Advance(int to)
    {
        _line += _source.AsSpan()[_at..to].Count('\n');
        _lineStarting = to > _at && _source[to - 1] == '\n';
        _at = to;
    }

    private bool Has(int at, string text) => at <= _source.Length && _source.AsSpan(at).StartsWith(text, StringComparison.Ordinal);

    private int SkipSpace(int at)
    {
        while (at < _source.Length && PythonText.IsSpace(_source[at]))
        {
            at++;
        }

        return at;
    }
}
