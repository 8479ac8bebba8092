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
        bool finished = false; // whether a turn came to its end: as in Jinja, one that is cut short does not count
        while (loop.Advance() is { } item)
        {
            Scope turn = body.NewScope(scope);
            turn.Set("loop", loop);
            target.Assign(turn, item);
            Flow flow = body.Render(context, turn, output);
            finished |= flow == Flow.Next;
            if (flow == Flow.Break)
            {
                break;
            }
        }

        return finished || otherwise is null ? Flow.Next : otherwise.Render(context, otherwise.NewScope(scope), output);
    }

    private bool Holds(RenderContext context, Scope scope, Value item)
    {
        var trial = new Scope(scope);
        target.Assign(trial, item);
        return condition!.Evaluate(context, trial).IsTrue;
    }
}
