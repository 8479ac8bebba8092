using Whorl.Client;
using Whorl.Client.Recovery;
using Whorl.Generation;

namespace Whorl.Cli.Chaos;

/// <summary>What came of a plan.</summary>
/// <param name="Ids">What was written, over all turns.</param>
/// <param name="Recoveries">What was lost meanwhile, and came back.</param>
internal sealed record ChaosGeneration(IReadOnlyList<int> Ids, IReadOnlyList<SessionRecovery> Recoveries)
{
    private const float Temperature = 0.8f;

    /// <summary>Writes what a plan says.</summary>
    /// <param name="model">With what.</param>
    /// <param name="plan">What.</param>
    /// <param name="at">Told of each moment, as <see cref="ChaosEvent.Turn"/> and <see cref="ChaosEvent.Token"/> say.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<ChaosGeneration> WriteAsync(CausalModel model, ChaosPlan plan, Action<int, int> at, CancellationToken cancellationToken)
    {
        int length = plan.Turns.Sum(turn => turn.Prompt.Count + turn.Tokens);
        await using CausalSession session = await model.OpenSessionAsync(length, maxScratch: 0, cancellationToken);
        Sampler sampler = new(new SamplingOptions { Temperature = Temperature, Seed = plan.Seed }, model.VocabularySize);
        TokenGenerator generator = new(session, sampler, model.VocabularySize);
        List<int> ids = [];
        for (int turn = 0; turn < plan.Turns.Count; turn++)
        {
            at(turn, -1);
            int[] prompt = [.. plan.Turns[turn].Prompt];
            ValueTask prefill = generator.PrefillAsync(prompt, null, cancellationToken);
            at(turn, 0);
            await prefill;
            for (int token = 1; token <= plan.Turns[turn].Tokens; token++)
            {
                int id = generator.Choose();
                ids.Add(id);
                at(turn, token);
                await generator.AdvanceAsync(id, cancellationToken);
            }
        }

        return new ChaosGeneration(ids, session.Recoveries);
    }
}
