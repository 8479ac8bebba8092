namespace Whorl.Models;

/// <summary>Reads how many experts a mixture has, and how many of them a token goes through.</summary>
internal static class ExpertsConfig
{
    private const string PerToken = "num_experts_per_tok|experts_per_token";

    /// <summary>Reads the two numbers.</summary>
    /// <param name="config">The model's config.</param>
    /// <param name="count">How many experts there are where the config does not say.</param>
    /// <param name="chosen">How many of them a token goes through where the config does not say.</param>
    public static ExpertsSpec Read(ConfigReader config, int? count = null, int? chosen = null)
    {
        int experts = config.Count("num_experts|num_local_experts|n_routed_experts", count), perToken = config.Count(PerToken, chosen);
        return perToken <= experts
            ? new ExpertsSpec { Count = experts, Chosen = perToken }
            : throw config.Unsupported(PerToken, $"{perToken}", $"at most the {experts} experts there are");
    }
}
