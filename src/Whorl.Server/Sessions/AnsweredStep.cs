namespace Whorl.Server;

/// <summary>A step's answer, kept in case it is asked for again.</summary>
internal sealed class AnsweredStep
{
    private readonly StepBuffer _buffer = new();

    public AnsweredStep(PeerAccount account)
    {
        Account = account;
        Offered = new LinkedListNode<AnsweredStep>(this);
    }

    /// <summary>Whose it is.</summary>
    public PeerAccount Account { get; set; }

    /// <summary>Its place among the answers that may be dropped; the <see cref="SessionMemory"/>'s.</summary>
    public LinkedListNode<AnsweredStep> Offered { get; }

    /// <summary>Number of the step; 0 where none is kept.</summary>
    public long Number { get; set; }

    /// <summary>What left the blocks.</summary>
    public ReadOnlyMemory<float> Output => _buffer.Values;

    /// <summary>Room for another answer; the one that was kept is gone.</summary>
    public Memory<float> Take(int length)
    {
        Number = 0;
        return _buffer.Take(length);
    }

    /// <summary>Forgets the answer.</summary>
    /// <returns>Bytes to give back to the account.</returns>
    public long Drop()
    {
        Number = 0;
        return _buffer.Release();
    }
}
