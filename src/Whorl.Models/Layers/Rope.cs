using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>A layer's rotary embedding: the table for a session's length, made once.</summary>
internal sealed class Rope : IDisposable
{
    private readonly RopeSpec _spec;
    private readonly Parameter?[] _divisors;
    private readonly Dictionary<int, RopeTable> _tables = [];

    private Rope(RopeSpec spec, Parameter?[] divisors) => (_spec, _divisors) = (spec, divisors);

    public static Rope? Load(WeightLoader loader, RopeSpec? spec) => spec is null
        ? null
        : new Rope(spec, [.. spec.Scaling.DivisorRoles.Select(role =>
            spec.DivisorsInCheckpoint && loader.Has(role) ? loader.Vector(role, spec.RotaryDimensions / 2) : null)]);

    public Tensor Apply(BlockContext context, Tensor x, int headSize)
    {
        int length = _spec.DependsOnSessionLength ? context.MaxLength : 0;
        if (!_tables.TryGetValue(length, out RopeTable? table))
        {
            Parameter? divisors = _divisors[_spec.Scaling.DivisorsFor(length)];
            table = _spec.Table(length, divisors is null ? [] : divisors.Value.Span);
            _tables.Add(length, table);
        }

        return context.Backend.Rotate(x, headSize, table, context.Layout.Positions);
    }

    public void Dispose()
    {
        foreach (Parameter? divisors in _divisors)
        {
            divisors?.Dispose();
        }
    }
}
