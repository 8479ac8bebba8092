namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The statements.</summary>
internal sealed partial class Parser
{
    private Statement ParseStatement()
    {
        Token tag = _tokens.Current;
        if (tag.Kind != TokenKind.Name)
        {
            throw ChatTemplateException.Syntax("tag name expected", tag.Line);
        }

        BlockParser parse = FindStatement(tag.Text) ?? throw UnexpectedTag(tag.Text, tag.Line);
        _openTags.Push(tag.Text);
        _tokens.Read();
        Statement statement = parse(tag);
        RefuseUnknown();
        _openTags.Pop();
        return statement;
    }

    private BlockParser? FindStatement(string tag) => tag switch
    {
        "for" => ParseFor,
        "if" => ParseIf,
        "set" => ParseSet,
        "with" => ParseWith,
        "macro" => ParseMacro,
        "call" => ParseCallBlock,
        "filter" => ParseFilterBlock,
        "block" => ParseNamedBlock,
        "print" => ParsePrint,
        "generation" => _ => new ScopeNode(ParseScope("endgeneration", isFunction: true)),
        "autoescape" => ParseAutoEscape,
        "break" => name => ParseJump(name, Flow.Break),
        "continue" => name => ParseJump(name, Flow.Continue),
        "include" or "import" or "extends" or "from" => ParseOtherTemplate,
        _ => null,
    };

    private ForNode ParseFor(Token tag)
    {
        AssignTarget target = ParseTarget(untilIn: true);
        _tokens.ExpectName("in");
        Expression items = ParseTuple(withConditional: false, until: "recursive");
        ScopeNames outer = EnterScope();
        target.Note(_names, fromStart: true);
        _names.Declare("loop");
        Expression? condition = _tokens.SkipName("if") ? ParseExpression() : null;
        bool recursive = _tokens.SkipName("recursive");
        BodyNode body = ParseScopeBody(_loops + 1, "endfor", "else");
        _names = outer;
        BodyNode? otherwise = _tokens.Read().Text == "else" ? ParseScope("endfor") : null;
        return new ForNode(target, items, condition, recursive, body, otherwise, tag.Line);
    }

    private IfNode ParseIf(Token tag)
    {
        bool conditional = _conditional;
        _conditional = true;
        var branches = new List<(Expression Condition, BodyNode Body)>();
        BodyNode? otherwise = null;
        while (true)
        {
            Expression condition = ParseTuple(withConditional: false);
            _names.OpenConditions++;
            branches.Add((condition, ParseBlock("elif", "else", "endif")));
            _names.OpenConditions--;
            Token next = _tokens.Read();
            if (next.Text == "elif")
            {
                continue;
            }

            _names.OpenConditions++;
            otherwise = next.Text == "else" ? ParseBlock("endif") : null;
            _names.OpenConditions--;
            break;
        }

        _conditional = conditional;
        return new IfNode(branches, otherwise, tag.Line);
    }

    private Statement ParseSet(Token tag)
    {
        AssignTarget target = ParseTarget(withNamespace: true);
        if (_tokens.SkipOperator("="))
        {
            Expression value = ParseTuple();
            target.Note(_names, fromStart: false);
            return new SetNode(target, value, tag.Line);
        }

        target.Note(_names, fromStart: false);
        FilterChain? filter = _tokens.Current.IsOperator("|") ? ParseFilterChain(startsInline: false) : null;
        return new SetBlockNode(target, filter, ParseScope("endset"), tag.Line);
    }

    private WithNode ParseWith(Token tag)
    {
        var assignments = new List<(AssignTarget Target, Expression Value)>();
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (assignments.Count > 0)
            {
                _tokens.ExpectOperator(",");
            }

            AssignTarget target = ParseTarget();
            _tokens.ExpectOperator("=");
            assignments.Add((target, ParseExpression()));
        }

        ScopeNames outer = EnterScope();
        assignments.ForEach(assignment => assignment.Target.Note(_names, fromStart: true));
        BodyNode body = ParseScopeBody(_loops, "endwith");
        _names = outer;
        return new WithNode(assignments, body);
    }

    private MacroNode ParseMacro(Token tag)
    {
        string name = _tokens.ExpectName().Text;
        _names.Store(name);
        ScopeNames outer = EnterScope();
        MacroDefinition definition = ParseDefinition(name, ParseSignature(), "endmacro");
        _names = outer;
        return new MacroNode(definition);
    }

    private CallBlockNode ParseCallBlock(Token tag)
    {
        ScopeNames outer = EnterScope();
        ScopeNames inner = _names;
        List<MacroParameter> parameters = _tokens.Current.IsOperator("(") ? ParseSignature() : [];
        _names = outer;
        CallExpression call = ParseExpression() as CallExpression ?? throw ChatTemplateException.Syntax("expected call", tag.Line);
        _names = inner;
        MacroDefinition body = ParseDefinition(null, parameters, "endcall");
        _names = outer;
        return new CallBlockNode(call, body, tag.Line);
    }

    private MacroDefinition ParseDefinition(string? name, List<MacroParameter> parameters, string end)
    {
        var names = new MacroNames();
        parameters.ForEach(parameter => _names.Declare(parameter.Name));
        _macros.Push(names);
        BodyNode body = ParseScopeBody(loops: 0, end);
        _macros.Pop();
        return new MacroDefinition(name, parameters, body, names);
    }

    private List<MacroParameter> ParseSignature()
    {
        var parameters = new List<MacroParameter>();
        _tokens.ExpectOperator("(");
        while (!_tokens.Current.IsOperator(")"))
        {
            if (parameters.Count > 0)
            {
                _tokens.ExpectOperator(",");
            }

            string name = _tokens.ExpectName().Text;
            Expression? whenAbsent = _tokens.SkipOperator("=") ? ParseExpression() : null;
            if (whenAbsent is null && parameters.Any(parameter => parameter.WhenAbsent is not null))
            {
                throw ChatTemplateException.Syntax("non-default argument follows default argument", _tokens.Current.Line);
            }

            parameters.Add(new MacroParameter(name, whenAbsent));
        }

        _tokens.ExpectOperator(")");
        return parameters;
    }

    private FilterBlockNode ParseFilterBlock(Token tag)
    {
        FilterChain filter = ParseFilterChain(startsInline: true);
        return new FilterBlockNode(filter, ParseScope("endfilter"), tag.Line);
    }

    private NamedBlockNode ParseNamedBlock(Token tag)
    {
        string name = _tokens.ExpectName().Text;
        bool scoped = _tokens.SkipName("scoped");
        bool required = _tokens.SkipName("required");
        if (!_blocks.Add(name))
        {
            throw ChatTemplateException.Syntax($"block '{name}' defined twice", tag.Line);
        }

        BodyNode body = ParseScope("endblock", isFunction: true);
        _tokens.SkipName(name);
        return required
            ? throw ChatTemplateException.Runtime($"Required block '{name}' not found")
            : new NamedBlockNode(body, scoped);
    }

    private BodyNode ParsePrint(Token tag)
    {
        var printed = new List<Statement>();
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (printed.Count > 0)
            {
                _tokens.ExpectOperator(",");
            }

            printed.Add(new PrintNode(ParseExpression(), tag.Line));
        }

        return new BodyNode(printed, _names);
    }

    private AutoEscapeNode ParseAutoEscape(Token tag)
    {
        Expression enabled = ParseExpression();
        return new AutoEscapeNode(enabled, ParseScope("endautoescape"));
    }

    private JumpNode ParseJump(Token tag, Flow flow) => _loops > 0
        ? new JumpNode(flow)
        : throw ChatTemplateException.Syntax($"'{tag.Text}' outside loop", tag.Line);

    // Nothing to load from: the statement is read, and fails once it is reached.
    private OtherTemplateNode ParseOtherTemplate(Token tag)
    {
        ParseExpression();
        while (_tokens.Current.Kind is TokenKind.Name || _tokens.Current.IsOperator(","))
        {
            _tokens.Read();
        }

        return new OtherTemplateNode(tag.Text, tag.Line);
    }

    private AssignTarget ParseTarget(bool withNamespace = false, bool untilIn = false)
    {
        int line = _tokens.Current.Line;
        var targets = new List<AssignTarget>();
        bool isTuple = false;
        while (!IsTupleEnd() && !(untilIn && _tokens.Current.IsName("in")))
        {
            targets.Add(ParseSingleTarget(withNamespace));
            if (!_tokens.SkipOperator(","))
            {
                break;
            }

            isTuple = true;
        }

        return targets.Count == 0 && !isTuple
            ? throw ChatTemplateException.Syntax($"Expected an expression, got '{_tokens.Current.Describe()}'", line)
            : isTuple ? new TupleTarget(targets) : targets[0];
    }

    private AssignTarget ParseSingleTarget(bool withNamespace)
    {
        if (_tokens.SkipOperator("("))
        {
            AssignTarget inner = ParseTarget(withNamespace);
            _tokens.ExpectOperator(")");
            return inner;
        }

        Token name = _tokens.Current;
        if (name.Kind != TokenKind.Name)
        {
            throw ChatTemplateException.Syntax($"can't assign to '{name.Describe()}'", name.Line);
        }

        _tokens.Read();
        if (withNamespace && _tokens.SkipOperator("."))
        {
            return new NamespaceTarget(name.Text, _tokens.ExpectName().Text);
        }

        return name.Text is "true" or "false" or "none" or "True" or "False" or "None"
            ? throw ChatTemplateException.Syntax("can't assign to 'const'", name.Line)
            : new NameTarget(name.Text);
    }
}
