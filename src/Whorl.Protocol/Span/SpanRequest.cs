using Whorl.P2P;

namespace Whorl.Protocol;

/// <summary>What a client asks of a server on a <c>/whorl/span/1</c> stream.</summary>
public abstract record SpanRequest
{
    private SpanRequest()
    {
    }

    /// <summary>Asks which blocks the server holds.</summary>
    public sealed record Describe : SpanRequest;

    /// <summary>Opens the stream's session.</summary>
    /// <param name="FirstBlock">First block.</param>
    /// <param name="LastBlock">Last block, included.</param>
    /// <param name="MaxLength">The most tokens that will be committed.</param>
    /// <param name="MaxScratch">The most scratch tokens at a time.</param>
    /// <param name="Contract">By what the client wants the blocks to be computed, in canonical text.</param>
    public sealed record Open(int FirstBlock, int LastBlock, int MaxLength, int MaxScratch, string Contract) : SpanRequest
    {
        /// <summary>What <see cref="Attach"/> names the session by; null where it ends with the stream.</summary>
        public Guid? SessionId { get; init; }

        /// <summary>
        /// Who shares what the server computes of the text's beginning: whoever gives the same bytes, at most 32; empty for this peer alone.
        /// </summary>
        public ReadOnlyMemory<byte> PrefixScope { get; init; }

        /// <summary>Whether the client reads <see cref="SpanReply.Moved"/> wherever it reads an answer.</summary>
        public bool HeedsMoved { get; init; }
    }

    /// <summary>Speaks to a session that the same peer opened on a stream that is broken.</summary>
    /// <param name="SessionId">The session.</param>
    /// <param name="LastNumber">The last step whose result has arrived; 0 for none.</param>
    public sealed record Attach(Guid SessionId, long LastNumber) : SpanRequest;

    /// <summary>Lets another server send steps to the stream's session too; their results come on this stream.</summary>
    /// <param name="Ticket">What that server names the session by.</param>
    /// <param name="Peer">That server.</param>
    public sealed record Accept(Guid Ticket, PeerId Peer) : SpanRequest;

    /// <summary>Has the outputs of the session's steps with <see cref="Step.Push"/> sent on to another server's session.</summary>
    /// <param name="Ticket">As that server has been told by <see cref="Accept"/>.</param>
    /// <param name="Peer">That server.</param>
    /// <param name="Addresses">Where it is, at most <see cref="SpanWire.MaxAddresses"/>; none: it is looked up.</param>
    /// <param name="Ahead">By how much the numbers of steps are higher there.</param>
    public sealed record Forward(Guid Ticket, PeerId Peer, IReadOnlyList<Multiaddress> Addresses, long Ahead) : SpanRequest;

    /// <summary>Begins a stream of steps from one server to the next.</summary>
    /// <param name="Ticket">The session there.</param>
    public sealed record Feed(Guid Ticket) : SpanRequest;

    /// <summary>Begins a stream on which a server that leaves gives a session to another one.</summary>
    /// <param name="Owner">Who may attach to it, and nobody else.</param>
    /// <param name="SessionId">What the owner names it by.</param>
    /// <param name="FirstBlock">First block.</param>
    /// <param name="LastBlock">Last block, included.</param>
    /// <param name="MaxLength">The most tokens that will be committed.</param>
    /// <param name="MaxScratch">The most scratch tokens at a time.</param>
    /// <param name="Contract">By what it was computed, in canonical text.</param>
    /// <param name="LastNumber">The last step that was computed.</param>
    /// <param name="Committed">Tokens that it remembers.</param>
    public sealed record HandOver(
        PeerId Owner, Guid SessionId, int FirstBlock, int LastBlock, int MaxLength, int MaxScratch, string Contract, long LastNumber, int Committed) : SpanRequest;

    /// <summary>What the session remembers that is handed over: the frame's payload.</summary>
    public sealed record State : SpanRequest;

    /// <summary>Asks the server to leave the swarm; its operator has named who may.</summary>
    public sealed record Drain : SpanRequest;

    /// <summary>New tokens; their hidden states are the frame's payload.</summary>
    /// <param name="Number">From 1, rising by one.</param>
    /// <param name="Rows">Number of tokens.</param>
    /// <param name="EveryBlock">Whether every block's output is wanted.</param>
    public sealed record Step(long Number, int Rows, bool EveryBlock) : SpanRequest
    {
        /// <summary>Whether scratch tokens of earlier steps are settled first.</summary>
        public bool HasVerdict { get; init; }

        /// <summary>With <see cref="HasVerdict"/>: scratch tokens to commit.</summary>
        public ReadOnlyMemory<int> Keep { get; init; }

        /// <summary>Whether the rows are scratch tokens; else they are committed at once.</summary>
        public bool IsScratch { get; init; }

        /// <summary>With <see cref="IsScratch"/>: a parent a row.</summary>
        public ReadOnlyMemory<int> Parents { get; init; }

        /// <summary>Tokens that are committed once the verdict is applied, before the rows are: the server refuses where it has others. Null: not compared.</summary>
        public int? Position { get; init; }

        /// <summary>Whether the output goes on to where <see cref="Forward"/> says.</summary>
        public bool Push { get; init; }
    }
}
