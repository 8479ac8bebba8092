namespace Whorl;

/// <summary>What a <see cref="ModelWarning"/> is about.</summary>
public enum ModelWarningKind
{
    /// <summary>A key of the model's files is passed over; <see cref="ModelOptions.Strict"/> refuses such a model.</summary>
    Files,

    /// <summary>What was asked for is done, but hardly meant.</summary>
    Use,

    /// <summary>A server is left out, or computes other bytes than this process would.</summary>
    Server,
}
