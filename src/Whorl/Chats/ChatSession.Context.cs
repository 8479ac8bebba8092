using System.Globalization;

namespace Whorl;

/// <content>What of a conversation the model is told, so that it fits.</content>
public sealed partial class ChatSession
{
    /// <summary>The ids of what the model is told now.</summary>
    private int[] Encode() => HasTemplate
        ? _text.EncodeConversation(
            [.. System is null ? [] : (ConversationMessage[])[Message(ConversationMessage.System, System)], .. Asked().Skip(_forgotten)])
        : _text.Need().Encode(Asked()[^1].Content) is { Length: > 0 } ids ? ids
        : throw new WhorlException("the message makes no token");

    /// <summary>The messages without the answer that is being written.</summary>
    private List<ConversationMessage> Asked() => _messages.GetRange(0, _messages.FindLastIndex(m => m.Role == ConversationMessage.User) + 1);

    /// <summary>The ids of what the model is told, with room behind them; the oldest turns are left out where it must be.</summary>
    /// <param name="room">Tokens to leave free.</param>
    /// <param name="full">How many tokens may be taken where nothing is left out.</param>
    /// <returns>Null where the last message alone is too long; then nothing was left out.</returns>
    private int[]? Fit(int room, int full)
    {
        int forgotten = _forgotten;
        int[] prompt = Encode();
        if (prompt.Length + room > full)
        {
            while (prompt.Length + room > Context - (Context / 4) && Forget()) // so that not every answer shifts anew
            {
                prompt = Encode();
            }
        }

        if (prompt.Length > Context || (prompt.Length + room > Context && full < Context))
        {
            _forgotten = forgotten;
            return null;
        }

        if (_forgotten > forgotten)
        {
            Notice?.Invoke(string.Create(
                CultureInfo.InvariantCulture,
                $"the context of {Context} tokens is full: the model no longer sees the first {_forgotten} messages"));
        }

        return prompt;
    }

    /// <summary>Leaves out the oldest turn that is left, but not the last.</summary>
    private bool Forget()
    {
        int next = _messages.FindIndex(Math.Min(_forgotten + 1, _messages.Count), m => m.Role == ConversationMessage.User);
        if (!HasTemplate || next < 0)
        {
            return false;
        }

        _forgotten = next;
        return true;
    }

    /// <summary>Makes room for an answer that has filled the context.</summary>
    /// <returns>Whether it can go on.</returns>
    private bool Shift(TextTurn turn)
    {
        int before = _forgotten;
        if (Fit(turn.Ids.Count + 1, full: 0) is not { } prompt || _forgotten == before)
        {
            return false;
        }

        turn.Prompt = prompt;
        return true;
    }
}
