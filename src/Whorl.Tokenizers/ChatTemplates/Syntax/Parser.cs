namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Makes the tree of a template. This part reads text and blocks; the others read statements and expressions.</summary>
/// <remarks>Source: jinja2/parser.py.</remarks>
internal sealed partial class Parser
{
    // About as deep as Python's own parser goes.
    private const int MaxDepth = 200;

    private readonly TokenStream _tokens;
    private readonly Stack<string> _openTags = new();
    private readonly Stack<string[]> _awaited = new();
    private readonly Stack<MacroNames> _macros = new();
    private readonly HashSet<string> _blocks = [];
    private readonly List<ScopeNames> _scopes = [];

    // Names of filters and tests that do not exist, found in the expression being read.
    private readonly List<ChatTemplateException> _unknown = [];

    // Whether an unknown filter is an error only once it is reached: within an if, as in Jinja.
    private bool _conditional;
    private ScopeNames _names = new(null);
    private int _loops;
    private int _depth;

    public Parser(string source)
    {
        _tokens = new TokenStream(Lexer.Tokenize(source));
        _scopes.Add(_names);
    }

    private delegate Statement BlockParser(Token tag);

    public TemplateNode ParseTemplate()
    {
        BodyNode body = ParseBody([]);
        _scopes.ForEach(names => names.Complete());
        return new TemplateNode(body);
    }

    // Statements and text up to a block whose tag is one of those given; that tag is the current token then.
    private BodyNode ParseBody(string[] until)
    {
        Enter();
        var statements = new List<Statement>();
        while (_tokens.Current.Kind != TokenKind.End)
        {
            Token token = _tokens.Read();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    statements.Add(new TextNode(token.Text));
                    break;
                case TokenKind.VariableBegin:
                    statements.Add(new PrintNode(ParseTuple(), token.Line));
                    _tokens.Expect(TokenKind.VariableEnd);
                    RefuseUnknown();
                    break;
                default:
                    if (until.Any(_tokens.Current.IsName))
                    {
                        _depth--;
                        return new BodyNode(statements, _names);
                    }

                    statements.Add(ParseStatement());
                    _tokens.Expect(TokenKind.BlockEnd);
                    break;
            }
        }

        _depth--;
        return until.Length == 0 ? new BodyNode(statements, _names) : throw UnexpectedTag(null, _tokens.Current.Line);
    }

    // The body of a statement: behind the end of its tag, up to the tag that ends it, which is read if it is the only one possible.
    private BodyNode ParseBlock(params string[] until)
    {
        _tokens.SkipOperator(":");
        _tokens.Expect(TokenKind.BlockEnd);
        RefuseUnknown();
        _awaited.Push(until);
        BodyNode body = ParseBody(until);
        _awaited.Pop();
        if (until.Length == 1)
        {
            _tokens.Read();
        }

        return body;
    }

    // A body with a scope of its own; within a function (a macro, a block) no loop around it can be left.
    private BodyNode ParseScope(string until, bool isFunction = false)
    {
        ScopeNames outer = EnterScope();
        BodyNode body = ParseScopeBody(isFunction ? 0 : _loops, until);
        _names = outer;
        return body;
    }

    // The same within a scope that was entered before, since names in the tag belong to it.
    private BodyNode ParseScopeBody(int loops, params string[] until)
    {
        (bool conditional, int loopsBefore) = (_conditional, _loops);
        RefuseUnknownBefore(TokenKind.BlockEnd);
        (_conditional, _loops) = (false, loops);
        BodyNode body = ParseBlock(until);
        (_conditional, _loops) = (conditional, loopsBefore);
        return body;
    }

    // Returns the scope around, to be gone back to.
    private ScopeNames EnterScope()
    {
        ScopeNames outer = _names;
        _names = new ScopeNames(outer);
        _scopes.Add(_names);
        return outer;
    }

    private void Enter()
    {
        System.Runtime.CompilerServices.RuntimeHelpers.EnsureSufficientExecutionStack();
        if (++_depth > MaxDepth)
        {
            throw new ChatTemplateException(
                ChatTemplateErrorKind.Limit, $"the template nests more than {MaxDepth} levels deep", _tokens.Current.Line);
        }
    }

    private void RefuseUnknownBefore(TokenKind end)
    {
        if (_tokens.Current.Kind == end)
        {
            RefuseUnknown();
        }
    }

    private void RefuseUnknown()
    {
        if (_unknown.Count > 0 && !_conditional)
        {
            throw _unknown[0];
        }

        _unknown.Clear();
    }

    private ChatTemplateException UnexpectedTag(string? name, int line)
    {
        string message = name is null ? "Unexpected end of template." : $"Encountered unknown tag '{name}'.";
        if (_awaited.TryPeek(out string[]? awaited))
        {
            string list = string.Join(" or ", awaited.Select(tag => $"'{tag}'"));
            message += name is not null && _awaited.Any(tags => tags.Contains(name))
                ? $" You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for {list}."
                : $" Jinja was looking for the following tags: {list}.";
        }

        if (_openTags.TryPeek(out string? open))
        {
            message += $" The innermost block that needs to be closed is '{open}'.";
        }

        return ChatTemplateException.Syntax(message, line);
    }
}
