using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Patterns;

/// <summary>Turns a parsed pattern into instructions for <see cref="PatternMatcher"/>.</summary>
internal sealed class PatternCompiler
{
    private const int MaxInstructions = 50_000;
    private readonly List<Instruction> _code = [];

    /// <summary>How many positions loops remember, to leave a loop whose body matched nothing.</summary>
    public int Slots { get; private set; }

    public static (Instruction[] Code, int Slots) Compile(PatternNode node)
    {
        var compiler = new PatternCompiler();
        compiler.Emit(node);
        compiler.Add(new Instruction { Op = PatternOp.Match });
        return ([.. compiler._code], compiler.Slots);
    }

    /// <summary>The code points with which a match can begin; null where it can be empty or begins with any.</summary>
    public static CodePointSet? FirstSet(PatternNode node)
    {
        var sets = new List<CodePointSet>();
        return CollectFirst(node, sets) || sets.Count == 0 ? null : CodePointSet.Union(sets);
    }

    // Returns whether the node can match the empty string.
    private static bool CollectFirst(PatternNode node, List<CodePointSet> sets)
    {
        switch (node)
        {
            case SetNode set:
                sets.Add(set.Set);
                return false;
            case SequenceNode sequence:
                return sequence.Parts.All(part => CollectFirst(part, sets));
            case AlternationNode alternation:
                bool empty = false;
                foreach (PatternNode branch in alternation.Branches)
                {
                    empty |= CollectFirst(branch, sets);
                }

                return empty;
            case RepeatNode repeat:
                return CollectFirst(repeat.Body, sets) || repeat.Min == 0;
            case AtomicNode atomic:
                return CollectFirst(atomic.Body, sets);
            default:
                return true;
        }
    }

    private int Add(Instruction instruction)
    {
        if (_code.Count == MaxInstructions)
        {
            throw new FormatException($"the pattern takes more than {MaxInstructions} instructions");
        }

        _code.Add(instruction);
        return _code.Count - 1;
    }

    private void Emit(PatternNode node)
    {
        switch (node)
        {
            case EmptyNode:
                break;
            case SetNode set:
                Add(new Instruction { Op = PatternOp.Set, Set = set.Set });
                break;
            case SequenceNode sequence:
                foreach (PatternNode part in sequence.Parts)
                {
                    Emit(part);
                }

                break;
            case AlternationNode alternation:
                EmitAlternation(alternation);
                break;
            case RepeatNode { Body: SetNode set } repeat when repeat.Kind != RepeatKind.Lazy:
                PatternOp op = repeat.Kind == RepeatKind.Greedy ? PatternOp.SetLoop : PatternOp.PossessiveSetLoop;
                Add(new Instruction { Op = op, Set = set.Set, Min = repeat.Min, Max = repeat.Max < 0 ? int.MaxValue : repeat.Max });
                break;
            case RepeatNode { Kind: RepeatKind.Possessive } repeat:
                EmitSub(PatternOp.Atomic, repeat with { Kind = RepeatKind.Greedy });
                break;
            case RepeatNode repeat:
                EmitRepeat(repeat);
                break;
            case AtomicNode atomic:
                EmitSub(PatternOp.Atomic, atomic.Body);
                break;
            case LookNode { Behind: false } look:
                EmitSub(look.Negative ? PatternOp.NotAhead : PatternOp.Ahead, look.Body);
                break;
            case LookNode look:
                EmitLookBehind(look);
                break;
            case AssertionNode assertion:
                Add(new Instruction { Op = PatternOp.Assert, Min = (int)assertion.Kind });
                break;
            default:
                throw new InvalidOperationException($"no code for {node.GetType().Name}");
        }
    }

    private void EmitAlternation(AlternationNode alternation)
    {
        var ends = new List<int>();
        for (int i = 0; i < alternation.Branches.Count; i++)
        {
            bool last = i == alternation.Branches.Count - 1;
            int split = last ? -1 : Add(new Instruction { Op = PatternOp.Split });
            Emit(alternation.Branches[i]);
            if (!last)
            {
                ends.Add(Add(new Instruction { Op = PatternOp.Jump }));
                _code[split] = _code[split] with { Target = split + 1, Other = _code.Count };
            }
        }

        foreach (int end in ends)
        {
            _code[end] = _code[end] with { Target = _code.Count };
        }
    }

    private void EmitRepeat(RepeatNode repeat)
    {
        for (int i = 0; i < repeat.Min; i++)
        {
            Emit(repeat.Body);
        }

        bool lazy = repeat.Kind == RepeatKind.Lazy;
        if (repeat.Max < 0)
        {
            int split = Add(new Instruction { Op = PatternOp.Split });
            bool mayBeEmpty = CollectFirst(repeat.Body, []);
            int slot = mayBeEmpty ? Slots++ : -1;
            if (mayBeEmpty)
            {
                Add(new Instruction { Op = PatternOp.Remember, Min = slot });
            }

            Emit(repeat.Body);
            if (mayBeEmpty)
            {
                Add(new Instruction { Op = PatternOp.LeaveIfEmpty, Min = slot, Target = _code.Count + 2 });
            }

            Add(new Instruction { Op = PatternOp.Jump, Target = split });
            _code[split] = Branch(split + 1, _code.Count, lazy);
            return;
        }

        var splits = new List<int>();
        for (int i = repeat.Min; i < repeat.Max; i++)
        {
            splits.Add(Add(new Instruction { Op = PatternOp.Split }));
            Emit(repeat.Body);
        }

        foreach (int split in splits)
        {
            _code[split] = Branch(split + 1, _code.Count, lazy);
        }
    }

    private static Instruction Branch(int body, int after, bool lazy) =>
        new() { Op = PatternOp.Split, Target = lazy ? after : body, Other = lazy ? body : after };

    // A part of its own that ends in Match; Target is where the whole goes on.
    private void EmitSub(PatternOp op, PatternNode body, int back = 0)
    {
        int at = Add(new Instruction { Op = op, Min = back });
        Emit(body);
        Add(new Instruction { Op = PatternOp.Match });
        _code[at] = _code[at] with { Target = _code.Count };
    }

    private void EmitLookBehind(LookNode look)
    {
        // Each branch has its own length; a negative look behind fails for any of them, a positive one needs one.
        IReadOnlyList<PatternNode> branches = look.Body is AlternationNode alternation ? alternation.Branches : [look.Body];
        if (look.Negative)
        {
            foreach (PatternNode branch in branches)
            {
                EmitSub(PatternOp.NotBehind, branch, FixedLength(branch));
            }

            return;
        }

        var ends = new List<int>();
        for (int i = 0; i < branches.Count; i++)
        {
            int split = i == branches.Count - 1 ? -1 : Add(new Instruction { Op = PatternOp.Split });
            EmitSub(PatternOp.Behind, branches[i], FixedLength(branches[i]));
            if (split >= 0)
            {
                ends.Add(Add(new Instruction { Op = PatternOp.Jump }));
                _code[split] = _code[split] with { Target = split + 1, Other = _code.Count };
            }
        }

        foreach (int end in ends)
        {
            _code[end] = _code[end] with { Target = _code.Count };
        }
    }

    private static int FixedLength(PatternNode node)
    {
        switch (node)
        {
            case SetNode:
                return 1;
            case EmptyNode or LookNode or AssertionNode:
                return 0;
            case SequenceNode sequence:
                return sequence.Parts.Sum(FixedLength);
            case AtomicNode atomic:
                return FixedLength(atomic.Body);
            case RepeatNode repeat when repeat.Min == repeat.Max:
                return repeat.Min * FixedLength(repeat.Body);
            case AlternationNode alternation when alternation.Branches.Select(FixedLength).Distinct().Count() == 1:
                return FixedLength(alternation.Branches[0]);
            default:
                throw new FormatException("a look-behind whose length is not fixed is not supported");
        }
    }
}
