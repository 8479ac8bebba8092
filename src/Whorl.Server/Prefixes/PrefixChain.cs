using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Whorl.Models;

namespace Whorl.Server.Prefixes;

/// <summary>
/// The digests of one session's pages, from the first token on as long as all tokens were committed by the steps that brought them. A
/// tree's token that a verdict keeps, a step that wants every block's output, tokens that are forgotten, and a failed step end it: what
/// follows is computed and not kept.
/// </summary>
internal sealed class PrefixChain : IDisposable
{
    private const int PromptHead = 2 * sizeof(int);

    private readonly PrefixCache _cache;
    private readonly int _width;
    private readonly int _pageValues;
    private readonly SessionMemory _memory;
    private readonly PeerAccount _account;
    private readonly IncrementalHash _rows = IncrementalHash.CreateHash(HashAlgorithmName.SHA256); // of the page under way
    private readonly IncrementalHash _prompts = IncrementalHash.CreateHash(HashAlgorithmName.SHA256); // that were added to its rows
    private readonly List<UInt128> _whole = []; // pages that the step under way makes whole and that were not found
    private UInt128 _digest;
    private int _committed; // tokens that are in the digests
    private StepFloats? _outputs; // of the page under way, [256, boundary]
    private int _kept; // rows of them that are there
    private bool _isOver;

    /// <param name="cache">Where pages are.</param>
    /// <param name="session">The session, new.</param>
    /// <param name="account">Its peer's.</param>
    /// <param name="scope">Who shares its pages; empty for the peer alone.</param>
    /// <param name="width">Values of a row.</param>
    /// <param name="memory">Gives the memory for outputs of the page under way.</param>
    public PrefixChain(
        PrefixCache cache, SessionCache session, PeerAccount account, ReadOnlySpan<byte> scope, int width, SessionMemory memory)
    {
        (_cache, _account, _width, _memory) = (cache, account, width, memory);
        _pageValues = SessionCache.PageTokens * width;
        _digest = cache.Root(session, account.Owner!, scope);
    }

    /// <summary>Takes a checked step's inputs into the digests, and pages that are there already into the session.</summary>
    /// <returns>Rows of the step, from the first on, that need not be computed: their outputs are there.</returns>
    public int Begin(BlockStep step, SessionCache session)
    {
        _whole.Clear();
        if (_isOver || step.IsScratch || (step.Rows == 0 && step.Keep.IsEmpty))
        {
            return 0;
        }

        if (step.EveryBlock || !step.Keep.IsEmpty || session.Committed != _committed)
        {
            End();
            return 0;
        }

        if (step.PromptRows > 0)
        {
            TakePrompts(step);
        }

        int adopted = 0;
        bool isFound = !step.HasVerdict;
        for (int row = 0; row < step.Rows;)
        {
            int page = _committed % SessionCache.PageTokens, rows = Math.Min(step.Rows - row, SessionCache.PageTokens - page);
            _rows.AppendData(MemoryMarshal.AsBytes(step.Input.Span.Slice(row * _width, rows * _width)));
            (_committed, row) = (_committed + rows, row + rows);
            if (_committed % SessionCache.PageTokens > 0)
            {
                break;
            }

            EndPage();
            isFound = isFound && rows == SessionCache.PageTokens
                && _cache.TryAdopt(_digest, step.Output.Span.Slice(adopted * _width, _pageValues), session);
            adopted += isFound ? rows : 0;
            if (!isFound)
            {
                _whole.Add(_digest);
            }
        }

        return adopted;
    }

    /// <summary>Keeps the pages that a step has made whole, once it is computed.</summary>
    /// <param name="step">As it was begun.</param>
    /// <param name="session">Has committed its rows.</param>
    public void Complete(BlockStep step, SessionCache session)
    {
        if (_isOver || step.IsScratch || step.Rows == 0)
        {
            return;
        }

        if (session.Committed != _committed)
        {
            End();
            return;
        }

        ReadOnlySpan<float> output = step.Output.Span;
        int begun = (_committed - step.Rows) % SessionCache.PageTokens, left = _committed % SessionCache.PageTokens;
        int first = _committed - left - (_whole.Count * SessionCache.PageTokens);
        int at = first - (_committed - step.Rows); // of the first new page's beginning among the step's rows; below 0 where it began before
        foreach (UInt128 digest in _whole)
        {
            ReadOnlySpan<float> before = at < 0 ? _outputs!.GetSpan()[..(-at * _width)] : default;
            ReadOnlySpan<float> rest = output[(Math.Max(0, at) * _width)..((at + SessionCache.PageTokens) * _width)];
            _cache.Add(digest, _account.Owner!, session, first / SessionCache.PageTokens, before, rest);
            (first, at) = (first + SessionCache.PageTokens, at + SessionCache.PageTokens);
        }

        _kept = begun + step.Rows >= SessionCache.PageTokens ? 0 : begun;
        Keep(output[^((left - _kept) * _width)..], session.MaxLength);
    }

    /// <summary>Ends the chain: what the session computes from now on is not looked for and not kept.</summary>
    public void End()
    {
        _isOver = true;
        Free();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _rows.Dispose();
        _prompts.Dispose();
    }

    /// <summary>Keeps outputs of the page under way, if it can become whole and there is memory.</summary>
    private void Keep(ReadOnlySpan<float> rows, int maxLength)
    {
        if (_kept == 0)
        {
            Free();
        }

        if (rows.IsEmpty)
        {
            return;
        }

        if (_outputs is null)
        {
            if (_committed / SessionCache.PageTokens == maxLength / SessionCache.PageTokens || !_memory.TryTakeCache(_account, PageBytes))
            {
                End();
                return;
            }

            _outputs = new StepFloats(_pageValues);
        }

        rows.CopyTo(_outputs.GetSpan()[(_kept * _width)..]);
        _kept += rows.Length / _width;
    }

    private long PageBytes => (long)_pageValues * sizeof(float);

    private void Free()
    {
        if (_outputs is not null)
        {
            ((IDisposable)_outputs).Dispose();
            _outputs = null;
            _memory.GiveCache(_account, PageBytes);
        }
    }

    private void TakePrompts(BlockStep step)
    {
        Span<byte> head = stackalloc byte[PromptHead];
        BinaryPrimitives.WriteInt32LittleEndian(head, _committed % SessionCache.PageTokens);
        BinaryPrimitives.WriteInt32LittleEndian(head[sizeof(int)..], step.PromptRows);
        _prompts.AppendData(head);
        _prompts.AppendData(MemoryMarshal.AsBytes(step.Prompts.Span)); // as long as the rows and the blocks say
    }

    /// <summary>Chains the page under way to those before it.</summary>
    private void EndPage()
    {
        Span<byte> link = stackalloc byte[16 + (2 * SHA256.HashSizeInBytes)];
        BinaryPrimitives.WriteUInt128LittleEndian(link, _digest);
        _rows.GetHashAndReset(link[16..]);
        _prompts.GetHashAndReset(link[(16 + SHA256.HashSizeInBytes)..]);
        _digest = PrefixCache.Digest(link);
    }
}
