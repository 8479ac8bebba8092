using Whorl.Models;

namespace Whorl.Client.Tests.Recovery;

/// <summary>Blocks whose holder can be killed: its sessions are then gone, with all that they remember.</summary>
/// <param name="inner">The blocks.</param>
internal sealed class MortalSpan(IBlockSpan inner) : IBlockSpan
{
    private readonly TaskCompletionSource _hangs = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lives;

    /// <summary>Killed: sessions cannot be opened either.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Called before each step of any session, with its number from 1 and what it is; true kills the holder before it has computed the step.</summary>
    public Func<int, BlockStep, bool> KillBefore { get; set; } = (_, _) => false;

    /// <summary>The same, after it has computed the step and before it has answered.</summary>
    public Func<int, BlockStep, bool> KillAfter { get; set; } = (_, _) => false;

    /// <summary>Called with a step's number from 1 before it is computed; true has it wait for <see cref="GoOn"/>.</summary>
    public Func<int, bool> HangBefore { get; set; } = _ => false;

    /// <summary>Ends when a step hangs.</summary>
    public Task Hanging => _hangs.Task;

    public int Steps { get; private set; }

    /// <summary>Rows that were computed.</summary>
    public int Rows { get; private set; }

    public int Opened { get; private set; }

    public int Open { get; private set; }

    public BlockRange Range => inner.Range;

    public int BoundarySize => inner.BoundarySize;

    public SpanContract Contract => inner.Contract;

    public void Kill() => (IsDead, _lives) = (true, _lives + 1);

    public void Restart() => IsDead = false;

    /// <summary>Lets the step that hangs be computed.</summary>
    public void GoOn() => _goesOn.SetResult();

    public async ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken)
    {
        if (IsDead)
        {
            throw new IOException("connection refused");
        }

        Session session = new(this, _lives, await inner.OpenAsync(options, cancellationToken), options.Range);
        Opened++;
        Open++;
        return session;
    }

    private sealed class Session(MortalSpan span, int life, IBlockSession inner, BlockRange range) : IBlockSession
    {
        public IReadOnlyList<BlockHolder> Holders { get; } = [new BlockHolder("mortal", range)];

        public async ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken)
        {
            ThrowIfDead();
            span.Steps++;
            if (span.HangBefore(span.Steps))
            {
                span._hangs.SetResult();
                await span._goesOn.Task.WaitAsync(cancellationToken);
                ThrowIfDead();
            }

            Die(span.KillBefore(span.Steps, step));
            await inner.StepAsync(step, cancellationToken);
            span.Rows += step.Rows;
            if (span.KillAfter(span.Steps, step))
            {
                step.Output.Span.Fill(float.NaN); // half an answer may have come
                Die(true);
            }
        }

        public ValueTask DisposeAsync()
        {
            span.Open--;
            return inner.DisposeAsync();
        }

        private void Die(bool dies)
        {
            if (dies)
            {
                span.Kill();
            }

            ThrowIfDead();
        }

        private void ThrowIfDead()
        {
            if (span._lives != life)
            {
                throw new IOException("the connection was cut");
            }
        }
    }
}
