namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The tokens of a template, read from the front.</summary>
internal sealed class TokenStream(IReadOnlyList<Token> tokens)
{
    private int _at;

    /// <summary>The token to be read next; at the end, one that says so.</summary>
    public Token Current => tokens[_at];

    /// <summary>The token behind it.</summary>
    public Token Following => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    public Token Read()
    {
        Token token = Current;
        _at = Math.Min(_at + 1, tokens.Count - 1);
        return token;
    }

    public bool SkipName(string name)
    {
        bool found = Current.IsName(name);
        if (found)
        {
            Read();
        }

        return found;
    }

    public bool SkipOperator(string sign)
    {
        bool found = Current.IsOperator(sign);
        if (found)
        {
            Read();
        }

        return found;
    }

    public Token ExpectName() => Expect(Current.Kind == TokenKind.Name, "name");

    public Token ExpectName(string name) => Expect(Current.IsName(name), name);

    public Token ExpectOperator(string sign) => Expect(Current.IsOperator(sign), sign);

    public Token Expect(TokenKind kind) => Expect(Current.Kind == kind, new Token(0, kind, "").Describe());

    private Token Expect(bool found, string wanted)
    {
        if (found)
        {
            return Read();
        }

        throw ChatTemplateException.Syntax(
            Current.Kind == TokenKind.End
                ? $"unexpected end of template, expected '{wanted}'."
                : $"expected token '{wanted}', got '{Current.Describe()}'",
            Current.Line);
    }
}
