namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>{% for %}</c>. Every turn has a scope of its own.</summary>
internal sealed class ForNode(
    AssignTarget target, Expression items, Expression? condition, bool recursive, BodyNode body, BodyNode? otherwise, int line) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output)
    {
        context.Line = line;
        return Render(context, scope, output, items.Evaluate(context, scope), depth: 0);
    }

    private Flow Render(RenderContext context, Scope scope, OutputBuffer output, Value iterable, int depth)
    {
        IEnumerable<Value> elements = iterable.Enumerate();
        if (condition is not null)
        {
            elements = elements.Where(item => Holds(context, scope, item));
        }

        Value Recurse(Value inner, int innerDepth) =>
            context.Capture(nested => Render(context, scope, nested, inner, innerDepth));

        var loop = new Loop(iterable, elements, filtered: condition is not null, depth, recursive ? Recurse : null);
        bool any = false;
        while (loop.Advance() is { } item)
        {
            any = true;
            Scope turn = body.NewScope(scope);
            turn.Set("loop", loop);
            target.Assign(turn, item);
            if (body.Render(context, turn, output) == Flow.Break)
            {
                break;
            }
        }

        return any || otherwise is null ? Flow.Next : otherwise.Render(context, otherwise.NewScope(scope), output);
    }

    private bool Holds(RenderContext context, Scope scope, Value item)
    {
        var trial = new Scope(scope);
        target.Assign(trial, item);
        return condition!.Evaluate(context, trial).IsTrue;
    }
}
