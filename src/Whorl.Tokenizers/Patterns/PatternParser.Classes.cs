using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Patterns;

/// <content>Bracketed classes: nested sets, &amp;&amp;, POSIX brackets, ranges.</content>
internal sealed partial class PatternParser
{
    // The opening bracket is taken already.
    private CodePointSet ParseClass(Options options)
    {
        if (++_depth > MaxDepth)
        {
            throw Error($"classes nested deeper than {MaxDepth}");
        }

        bool negated = Take("^");
        var members = new List<CodePointSet>();
        CodePointSet? left = null; // what stands before &&
        for (bool first = true; ; first = false)
        {
            if (!More)
            {
                throw Error("a class without end");
            }

            if (Peek == ']' && !first)
            {
                _at++;
                break;
            }

            if (Take("&&"))
            {
                left = Intersection(left, members);
                members.Clear();
                continue;
            }

            if (Peek == '[')
            {
                _at++;
                members.Add(TryPosixBracket() ?? ParseClass(options));
                continue;
            }

            members.Add(ParseMember());
        }

        _depth--;
        CodePointSet set = Intersection(left, members);

        // Oniguruma closes a set under case before it negates it.
        return negated ? Cased(set, options).Complement() : set;
    }

    private static CodePointSet Intersection(CodePointSet? left, List<CodePointSet> members)
    {
        CodePointSet right = members.Count == 0 ? new CodePointSet(_ => false) : CodePointSet.Union([.. members]);
        return left is null ? right : left.Intersect(right);
    }

    private CodePointSet? TryPosixBracket()
    {
        if (!More || Peek != ':')
        {
            return null;
        }

        int end = _pattern.IndexOf(":]", _at, StringComparison.Ordinal);
        if (end < 0 || !_pattern[(_at + 1)..end].All(c => c is '^' or (>= 'a' and <= 'z')))
        {
            return null;
        }

        string name = _pattern[(_at + 1)..end];
        bool negated = name.StartsWith('^');
        CodePointSet set = UnicodeProperties.FindBracket(negated ? name[1..] : name) ?? throw Error($"the class [:{name}:] is not known");
        _at = end + 2;
        return negated ? set.Complement() : set;
    }

    private CodePointSet ParseMember()
    {
        int first;
        if (Peek == '\\')
        {
            _at++;
            if (!More)
            {
                throw Error("a backslash at the end");
            }

            if (IsClassEscape(Peek))
            {
                return ParseSetEscape(bracketed: true);
            }

            first = Take("b") ? '\b' : ParseCharacterEscape();
        }
        else
        {
            first = TakeCodePoint();
        }

        if (_at + 1 >= _pattern.Length || Peek != '-' || _pattern[_at + 1] is ']' or '[')
        {
            return CodePointSet.Single(first);
        }

        int before = _at++;
        if (Peek == '\\')
        {
            _at++;
            if (More && IsClassEscape(Peek))
            {
                _at = before; // [a-\d]: the hyphen is text
                return CodePointSet.Single(first);
            }
        }

        int last = _pattern[_at - 1] == '\\' && _at - 1 > before ? ParseCharacterEscape() : TakeCodePoint();
        return last < first ? throw Error("a range out of order") : CodePointSet.OfRange(first, last);
    }
}
