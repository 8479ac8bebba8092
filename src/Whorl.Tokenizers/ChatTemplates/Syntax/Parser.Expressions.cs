namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The expressions, from the loosest binding to the tightest.</summary>
internal sealed partial class Parser
{
    private bool IsTupleEnd() => _tokens.Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd || _tokens.Current.IsOperator(")");

    private Expression ParseTuple(bool withConditional = true, string? until = null, bool inParentheses = false)
    {
        int line = _tokens.Current.Line;
        var items = new List<Expression>();
        bool isTuple = false;
        while (!IsTupleEnd() && !(until is not null && _tokens.Current.IsName(until)))
        {
            items.Add(withConditional ? ParseExpression() : ParseOr());
            if (!_tokens.SkipOperator(","))
            {
                break;
            }

            isTuple = true;
        }

        if (isTuple || (items.Count == 0 && inParentheses))
        {
            return new SequenceExpression(items, isTuple: true, line);
        }

        return items.Count == 1
            ? items[0]
            : throw ChatTemplateException.Syntax($"Expected an expression, got '{_tokens.Current.Describe()}'", line);
    }

    private Expression ParseExpression()
    {
        Enter();
        int line = _tokens.Current.Line;
        int unknownBefore = _unknown.Count;
        Expression expression = ParseOr();
        while (_tokens.SkipName("if"))
        {
            Expression condition = ParseOr();
            Expression? otherwise = _tokens.SkipName("else") ? ParseExpression() : null;
            expression = new ConditionalExpression(condition, expression, otherwise, line);

            // What an unchosen branch names need not exist.
            _unknown.RemoveRange(unknownBefore, _unknown.Count - unknownBefore);
            line = _tokens.Current.Line;
        }

        _depth--;
        return expression;
    }

    private Expression ParseOr()
    {
        Expression left = ParseAnd();
        while (_tokens.Current.IsName("or"))
        {
            int line = _tokens.Read().Line;
            left = new LogicExpression(left, ParseAnd(), isOr: true, line);
        }

        return left;
    }

    private Expression ParseAnd()
    {
        Expression left = ParseNot();
        while (_tokens.Current.IsName("and"))
        {
            int line = _tokens.Read().Line;
            left = new LogicExpression(left, ParseNot(), isOr: false, line);
        }

        return left;
    }

    private Expression ParseNot()
    {
        if (!_tokens.Current.IsName("not"))
        {
            return ParseCompare();
        }

        Enter();
        int line = _tokens.Read().Line;
        var negated = new UnaryExpression(ParseNot(), value => BoolValue.Of(!value.IsTrue), line);
        _depth--;
        return negated;
    }

    private Expression ParseCompare()
    {
        int line = _tokens.Current.Line;
        Expression first = ParseSum();
        var operands = new List<(Func<Value, Value, bool> Test, Expression Operand)>();
        while (ReadComparison() is { } test)
        {
            operands.Add((test, ParseSum()));
        }

        return operands.Count == 0 ? first : new CompareExpression(first, operands, line);
    }

    private Func<Value, Value, bool>? ReadComparison()
    {
        if (_tokens.SkipName("in"))
        {
            return (item, container) => Comparison.Contains(container, item);
        }

        if (_tokens.Current.IsName("not") && _tokens.Following.IsName("in"))
        {
            _tokens.Read();
            _tokens.Read();
            return (item, container) => !Comparison.Contains(container, item);
        }

        Func<Value, Value, bool>? test = _tokens.Current.Kind != TokenKind.Operator ? null : _tokens.Current.Text switch
        {
            "==" => Comparison.AreEqual,
            "!=" => (a, b) => !Comparison.AreEqual(a, b),
            "<" => Comparison.IsLess,
            "<=" => Comparison.IsLessOrEqual,
            ">" => Comparison.IsGreater,
            ">=" => Comparison.IsGreaterOrEqual,
            _ => null,
        };
        if (test is not null)
        {
            _tokens.Read();
        }

        return test;
    }

    private Expression ParseSum() => ParseOperators(ParseConcatenation, sign => sign switch
    {
        "+" => Arithmetic.Add,
        "-" => Arithmetic.Subtract,
        _ => null,
    });

    private Expression ParseConcatenation()
    {
        int line = _tokens.Current.Line;
        var parts = new List<Expression> { ParseProduct() };
        while (_tokens.SkipOperator("~"))
        {
            parts.Add(ParseProduct());
        }

        return parts.Count == 1 ? parts[0] : new ConcatenationExpression(parts, line);
    }

    private Expression ParseProduct() => ParseOperators(ParsePower, sign => sign switch
    {
        "*" => Arithmetic.Multiply,
        "/" => Arithmetic.Divide,
        "//" => Arithmetic.FloorDivide,
        "%" => Arithmetic.Modulo,
        _ => null,
    });

    // Unlike Python's, Jinja's ** groups from the left and binds looser than a sign.
    private Expression ParsePower() => ParseOperators(() => ParseUnary(), sign => sign == "**" ? Arithmetic.Power : null);

    private Expression ParseOperators(Func<Expression> parseOperand, Func<string, Func<Value, Value, Value>?> find)
    {
        Expression left = parseOperand();
        while (_tokens.Current.Kind == TokenKind.Operator && find(_tokens.Current.Text) is { } operation)
        {
            int line = _tokens.Read().Line;
            left = new BinaryExpression(left, parseOperand(), operation, line);
        }

        return left;
    }

    private Expression ParseUnary(bool withFilter = true)
    {
        Enter();
        int line = _tokens.Current.Line;
        Expression expression = _tokens.SkipOperator("-") ? new UnaryExpression(ParseUnary(withFilter: false), Arithmetic.Negate, line)
            : _tokens.SkipOperator("+") ? new UnaryExpression(ParseUnary(withFilter: false), Arithmetic.Plus, line)
            : ParsePrimary();
        expression = ParsePostfix(expression);
        expression = withFilter ? ParseFilters(expression) : expression;
        _depth--;
        return expression;
    }

    private Expression ParsePrimary()
    {
        Token token = _tokens.Read();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new LiteralExpression(BoolValue.True, token.Line),
                    "false" or "False" => new LiteralExpression(BoolValue.False, token.Line),
                    "none" or "None" => new LiteralExpression(NoneValue.Instance, token.Line),
                    _ => Name(token),
                };
            case TokenKind.String:
                var text = new System.Text.StringBuilder(token.Text);
                while (_tokens.Current.Kind == TokenKind.String)
                {
                    text.Append(_tokens.Read().Text);
                }

                return new LiteralExpression(new StrValue(text.ToString()), token.Line);
            case TokenKind.Integer:
                return new LiteralExpression(IntValue.Of(token.Integer), token.Line);
            case TokenKind.Float:
                return new LiteralExpression(new FloatValue(token.Float), token.Line);
            case TokenKind.Operator when token.Text == "(":
                Expression inner = ParseTuple(inParentheses: true);
                _tokens.ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                return new SequenceExpression(ParseList("]", ParseExpression), isTuple: false, token.Line);
            case TokenKind.Operator when token.Text == "{":
                return new DictExpression(ParseList("}", ParsePair), token.Line);
            default:
                throw ChatTemplateException.Syntax($"unexpected '{token.Describe()}'", token.Line);
        }
    }

    private NameExpression Name(Token token)
    {
        _names.Load(token.Text);
        foreach (MacroNames macro in _macros)
        {
            macro.Note(token.Text);
        }

        return new NameExpression(token.Text, token.Line);
    }

    private List<T> ParseList<T>(string close, Func<T> parseItem)
    {
        var items = new List<T>();
        while (!_tokens.Current.IsOperator(close))
        {
            if (items.Count > 0)
            {
                _tokens.ExpectOperator(",");
                if (_tokens.Current.IsOperator(close))
                {
                    break;
                }
            }

            items.Add(parseItem());
        }

        _tokens.ExpectOperator(close);
        return items;
    }

    private (Expression Key, Expression Value) ParsePair()
    {
        Expression key = ParseExpression();
        _tokens.ExpectOperator(":");
        return (key, ParseExpression());
    }

    private Expression ParsePostfix(Expression expression)
    {
        while (_tokens.Current.Kind == TokenKind.Operator)
        {
            switch (_tokens.Current.Text)
            {
                case ".":
                    expression = ParseAttribute(expression);
                    break;
                case "[":
                    expression = ParseSubscript(expression);
                    break;
                case "(":
                    expression = ParseCall(expression);
                    break;
                default:
                    return expression;
            }
        }

        return expression;
    }

    private Expression ParseFilters(Expression expression)
    {
        while (true)
        {
            if (_tokens.Current.IsOperator("|"))
            {
                expression = new FilterExpression(expression, ParseFilterChain(startsInline: false), _tokens.Current.Line);
            }
            else if (_tokens.Current.IsName("is"))
            {
                expression = ParseTest(expression);
            }
            else if (_tokens.Current.IsOperator("("))
            {
                expression = ParseCall(expression);
            }
            else
            {
                return expression;
            }
        }
    }

    private Expression ParseAttribute(Expression owner)
    {
        int line = _tokens.Read().Line;
        Token name = _tokens.Read();
        return name.Kind switch
        {
            TokenKind.Name => new AttributeExpression(owner, name.Text, line),
            TokenKind.Integer => new ItemExpression(owner, new LiteralExpression(IntValue.Of(name.Integer), name.Line), line),
            _ => throw ChatTemplateException.Syntax("expected name or number", name.Line),
        };
    }

    private Expression ParseSubscript(Expression owner)
    {
        int line = _tokens.Read().Line;
        if (_tokens.Current.IsOperator("]"))
        {
            _tokens.Read();
            return new ItemExpression(owner, new SequenceExpression([], isTuple: true, line), line);
        }

        Expression? start = _tokens.Current.IsOperator(":") ? null : ParseExpression();
        if (_tokens.SkipOperator(":"))
        {
            Expression? stop = ParseSliceBound();
            Expression? step = _tokens.SkipOperator(":") ? ParseSliceBound() : null;
            _tokens.ExpectOperator("]");
            return new SliceExpression(owner, start, stop, step, line);
        }

        var keys = new List<Expression> { start! };
        while (!_tokens.Current.IsOperator("]"))
        {
            _tokens.ExpectOperator(",");
            keys.Add(ParseExpression());
        }

        _tokens.ExpectOperator("]");
        return new ItemExpression(owner, keys.Count == 1 ? keys[0] : new SequenceExpression(keys, isTuple: true, line), line);
    }

    private Expression? ParseSliceBound() =>
        _tokens.Current.IsOperator(":") || _tokens.Current.IsOperator("]") ? null : ParseExpression();

    private CallExpression ParseCall(Expression function)
    {
        int line = _tokens.Current.Line;
        return new CallExpression(function, ParseArguments(), line);
    }

    private ArgumentList ParseArguments()
    {
        int line = _tokens.ExpectOperator("(").Line;
        var positional = new List<Expression>();
        var named = new List<(string Name, Expression Value)>();
        Expression? spreadList = null;
        Expression? spreadDict = null;
        while (!_tokens.Current.IsOperator(")"))
        {
            if (positional.Count + named.Count > 0 || spreadList is not null || spreadDict is not null)
            {
                _tokens.ExpectOperator(",");
                if (_tokens.Current.IsOperator(")"))
                {
                    break;
                }
            }

            bool valid = spreadDict is null;
            if (_tokens.SkipOperator("*"))
            {
                valid &= spreadList is null;
                spreadList = ParseExpression();
            }
            else if (_tokens.SkipOperator("**"))
            {
                spreadDict = ParseExpression();
            }
            else if (_tokens.Current.Kind == TokenKind.Name && _tokens.Following.IsOperator("="))
            {
                string name = _tokens.Read().Text;
                _tokens.Read();
                valid &= named.All(argument => argument.Name != name);
                named.Add((name, ParseExpression()));
            }
            else
            {
                valid &= spreadList is null && named.Count == 0;
                positional.Add(ParseExpression());
            }

            if (!valid)
            {
                throw ChatTemplateException.Syntax("invalid syntax for function call expression", line);
            }
        }

        _tokens.ExpectOperator(")");
        return new ArgumentList(positional, named, spreadList, spreadDict);
    }

    // One or more filters, each applied to the result of the one before.
    private FilterChain ParseFilterChain(bool startsInline)
    {
        var filters = new List<(string Name, ArgumentList Arguments)>();
        while (startsInline || _tokens.SkipOperator("|"))
        {
            int line = _tokens.Current.Line;
            string name = ParseDottedName();
            filters.Add((name, _tokens.Current.IsOperator("(") ? ParseArguments() : ArgumentList.Empty));
            if (!TemplateFilters.Exists(name))
            {
                _unknown.Add(ChatTemplateException.Syntax($"No filter named '{name}'.", line));
            }

            startsInline = false;
        }

        return new FilterChain(filters);
    }

    private string ParseDottedName()
    {
        string name = _tokens.ExpectName().Text;
        while (_tokens.SkipOperator("."))
        {
            name += "." + _tokens.ExpectName().Text;
        }

        return name;
    }

    private TestExpression ParseTest(Expression value)
    {
        int line = _tokens.Read().Line;
        bool negated = _tokens.SkipName("not");
        string name = ParseDottedName();
        ArgumentList arguments = ArgumentList.Empty;
        if (_tokens.Current.IsOperator("("))
        {
            arguments = ParseArguments();
        }
        else if (StartsTestArgument())
        {
            if (_tokens.Current.IsName("is"))
            {
                throw ChatTemplateException.Syntax("You cannot chain multiple tests with is", _tokens.Current.Line);
            }

            arguments = new ArgumentList([ParsePostfix(ParsePrimary())], [], null, null);
        }

        if (!TemplateTests.Exists(name))
        {
            _unknown.Add(ChatTemplateException.Syntax($"No test named '{name}'.", line));
        }

        return new TestExpression(value, name, arguments, negated, line);
    }

    private bool StartsTestArgument() => _tokens.Current.Kind switch
    {
        TokenKind.Name => _tokens.Current.Text is not ("else" or "or" or "and"),
        TokenKind.String or TokenKind.Integer or TokenKind.Float => true,
        TokenKind.Operator => _tokens.Current.Text is "[" or "{",
        _ => false,
    };
}
