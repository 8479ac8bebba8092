using Whorl.P2P;

namespace Whorl.Protocol;

/// <summary>What a server answers on a <c>/whorl/span/1</c> stream.</summary>
public abstract record SpanReply
{
    private SpanReply()
    {
    }

    /// <summary>Which blocks the server holds, and what decides the bytes it computes.</summary>
    /// <param name="FirstBlock">First block.</param>
    /// <param name="LastBlock">Last block, included.</param>
    /// <param name="BoundarySize">Values of a row that enters or leaves.</param>
    /// <param name="Contract">Everything that decides the bytes, in canonical text.</param>
    public sealed record Description(int FirstBlock, int LastBlock, int BoundarySize, string Contract) : SpanReply
    {
        /// <summary>What the server heeds beside what every server does.</summary>
        public SpanFeatures Features { get; init; }
    }

    /// <summary>The session is open.</summary>
    /// <param name="Lease">How long it outlives a broken stream; zero: not at all.</param>
    public sealed record Opened(TimeSpan Lease = default) : SpanReply;

    /// <summary>The stream speaks to the session.</summary>
    /// <param name="LastNumber">The last step that was computed or is being computed; it is answered if it is sent again.</param>
    /// <param name="Lease">How long it outlives a broken stream.</param>
    public sealed record Attached(long LastNumber, TimeSpan Lease) : SpanReply;

    /// <summary>
    /// What <see cref="SpanRequest.Accept"/>, <see cref="SpanRequest.Forward"/>, <see cref="SpanRequest.Feed"/>, <see cref="SpanRequest.HandOver"/>,
    /// <see cref="SpanRequest.State"/> or <see cref="SpanRequest.Drain"/> asked for is so.
    /// </summary>
    public sealed record Linked : SpanReply;

    /// <summary>The server leaves: told to who said that it heeds it, between answers or in the place of one.</summary>
    /// <param name="Peer">Where the session is now, at the step after the last that was answered; null where it goes on here for a while.</param>
    /// <param name="SessionId">What it is attached to by there.</param>
    public sealed record Moved(PeerId? Peer, Guid? SessionId) : SpanReply;

    /// <summary>A step's result; its hidden states are the frame's payload.</summary>
    /// <param name="Number">The step's number.</param>
    /// <param name="Computing">Time the server computed.</param>
    /// <param name="Queued">Time from the step's arrival until the server began to compute.</param>
    public sealed record Result(long Number, TimeSpan Computing, TimeSpan Queued = default) : SpanReply
    {
        /// <summary>
        /// Rows of the step that were computed earlier, for a text that began alike: how long the step took is no measure of others then.
        /// </summary>
        public int FoundRows { get; init; }

        /// <summary>Whether the hidden states have gone on to the next server too.</summary>
        public bool IsPushed { get; init; }
    }

    /// <summary>The request was refused or failed.</summary>
    /// <param name="Code">What the caller can do about it.</param>
    /// <param name="Message">One line for people.</param>
    public sealed record Failure(SpanFailureCode Code, string Message) : SpanReply;
}
