/**
 * Parameters of the simulated methods, and the fields of the objects in them: name → types joined by "|", with a
 * leading "!" where required. Generated from telegram-bot-api-spec (Bot API 10.1, 11 June 2026), which is made from
 * https://core.telegram.org/bots/api by Paul Larsen and others under the MIT licence: see api-table.LICENSE beside this file.
 */
export type FieldTable = Readonly<Record<string, string>>;

/** Parameters by method. */
export const methodTable: Readonly<Record<string, FieldTable>> = {
  getMe: {},
  setWebhook: {
    url: '!String',
    certificate: 'InputFile',
    ip_address: 'String',
    max_connections: 'Integer',
    allowed_updates: 'Array of String',
    drop_pending_updates: 'Boolean',
    secret_token: 'String',
  },
  deleteWebhook: {
    drop_pending_updates: 'Boolean',
  },
  getWebhookInfo: {},
  getUpdates: {
    offset: 'Integer',
    limit: 'Integer',
    timeout: 'Integer',
    allowed_updates: 'Array of String',
  },
  sendMessage: {
    business_connection_id: 'String',
    chat_id: '!Integer|String',
    message_thread_id: 'Integer',
    direct_messages_topic_id: 'Integer',
    text: '!String',
    parse_mode: 'String',
    entities: 'Array of MessageEntity',
    link_preview_options: 'LinkPreviewOptions',
    disable_notification: 'Boolean',
    protect_content: 'Boolean',
    allow_paid_broadcast: 'Boolean',
    message_effect_id: 'String',
    suggested_post_parameters: 'SuggestedPostParameters',
    reply_parameters: 'ReplyParameters',
    reply_markup: 'InlineKeyboardMarkup|ReplyKeyboardMarkup|ReplyKeyboardRemove|ForceReply',
  },
  editMessageText: {
    business_connection_id: 'String',
    chat_id: 'Integer|String',
    message_id: 'Integer',
    inline_message_id: 'String',
    text: 'String',
    parse_mode: 'String',
    entities: 'Array of MessageEntity',
    link_preview_options: 'LinkPreviewOptions',
    rich_message: 'InputRichMessage',
    reply_markup: 'InlineKeyboardMarkup',
  },
  deleteMessage: {
    chat_id: '!Integer|String',
    message_id: '!Integer',
  },
  deleteMessages: {
    chat_id: '!Integer|String',
    message_ids: '!Array of Integer',
  },
  setMessageReaction: {
    chat_id: '!Integer|String',
    message_id: '!Integer',
    reaction: 'Array of ReactionType',
    is_big: 'Boolean',
  },
  getChat: {
    chat_id: '!Integer|String',
  },
  getChatMember: {
    chat_id: '!Integer|String',
    user_id: '!Integer',
  },
  sendChatAction: {
    business_connection_id: 'String',
    chat_id: '!Integer|String',
    message_thread_id: 'Integer',
    action: '!String',
  },
};

/** Fields by type. */
export const typeTable: Readonly<Record<string, FieldTable>> = {
  MessageEntity: {
    type: '!String',
    offset: '!Integer',
    length: '!Integer',
    url: 'String',
    user: 'User',
    language: 'String',
    custom_emoji_id: 'String',
    unix_time: 'Integer',
    date_time_format: 'String',
  },
  ReplyParameters: {
    message_id: '!Integer',
    chat_id: 'Integer|String',
    allow_sending_without_reply: 'Boolean',
    quote: 'String',
    quote_parse_mode: 'String',
    quote_entities: 'Array of MessageEntity',
    quote_position: 'Integer',
    checklist_task_id: 'Integer',
    poll_option_id: 'String',
  },
  LinkPreviewOptions: {
    is_disabled: 'Boolean',
    url: 'String',
    prefer_small_media: 'Boolean',
    prefer_large_media: 'Boolean',
    show_above_text: 'Boolean',
  },
  User: {
    id: '!Integer',
    is_bot: '!Boolean',
    first_name: '!String',
    last_name: 'String',
    username: 'String',
    language_code: 'String',
    is_premium: 'Boolean',
    added_to_attachment_menu: 'Boolean',
    can_join_groups: 'Boolean',
    can_read_all_group_messages: 'Boolean',
    supports_guest_queries: 'Boolean',
    supports_inline_queries: 'Boolean',
    can_connect_to_business: 'Boolean',
    has_main_web_app: 'Boolean',
    has_topics_enabled: 'Boolean',
    allows_users_to_create_topics: 'Boolean',
    can_manage_bots: 'Boolean',
    supports_join_request_queries: 'Boolean',
  },
  ReactionTypeEmoji: {
    type: '!String',
    emoji: '!String',
  },
  ReactionTypeCustomEmoji: {
    type: '!String',
    custom_emoji_id: '!String',
  },
};

/** Every method of the Bot API, lower-cased, so that one that exists but is not simulated can be told from one that does not. */
export const knownMethods: ReadonlySet<string> = new Set(
  (
    'getupdates setwebhook deletewebhook getwebhookinfo getme logout close sendmessage forwardmessage forwardmessages' +
    ' copymessage copymessages sendphoto sendlivephoto sendaudio senddocument sendvideo sendanimation sendvoice' +
    ' sendvideonote sendpaidmedia sendmediagroup sendlocation sendvenue sendcontact sendpoll sendchecklist senddice' +
    ' sendmessagedraft sendchataction setmessagereaction getuserprofilephotos getuserprofileaudios setuseremojistatus' +
    ' getfile banchatmember unbanchatmember restrictchatmember promotechatmember setchatadministratorcustomtitle' +
    ' setchatmembertag banchatsenderchat unbanchatsenderchat setchatpermissions exportchatinvitelink createchatinvitelink' +
    ' editchatinvitelink createchatsubscriptioninvitelink editchatsubscriptioninvitelink revokechatinvitelink' +
    ' approvechatjoinrequest declinechatjoinrequest answerchatjoinrequestquery sendchatjoinrequestwebapp setchatphoto' +
    ' deletechatphoto setchattitle setchatdescription pinchatmessage unpinchatmessage unpinallchatmessages leavechat getchat' +
    ' getchatadministrators getchatmembercount getchatmember getuserpersonalchatmessages setchatstickerset' +
    ' deletechatstickerset getforumtopiciconstickers createforumtopic editforumtopic closeforumtopic reopenforumtopic' +
    ' deleteforumtopic unpinallforumtopicmessages editgeneralforumtopic closegeneralforumtopic reopengeneralforumtopic' +
    ' hidegeneralforumtopic unhidegeneralforumtopic unpinallgeneralforumtopicmessages answercallbackquery answerguestquery' +
    ' getuserchatboosts getbusinessconnection getmanagedbottoken replacemanagedbottoken getmanagedbotaccesssettings' +
    ' setmanagedbotaccesssettings setmycommands deletemycommands getmycommands setmyname getmyname setmydescription' +
    ' getmydescription setmyshortdescription getmyshortdescription setmyprofilephoto removemyprofilephoto setchatmenubutton' +
    ' getchatmenubutton setmydefaultadministratorrights getmydefaultadministratorrights getavailablegifts sendgift' +
    ' giftpremiumsubscription verifyuser verifychat removeuserverification removechatverification readbusinessmessage' +
    ' deletebusinessmessages setbusinessaccountname setbusinessaccountusername setbusinessaccountbio' +
    ' setbusinessaccountprofilephoto removebusinessaccountprofilephoto setbusinessaccountgiftsettings' +
    ' getbusinessaccountstarbalance transferbusinessaccountstars getbusinessaccountgifts getusergifts getchatgifts' +
    ' convertgifttostars upgradegift transfergift poststory repoststory editstory deletestory answerwebappquery' +
    ' savepreparedinlinemessage savepreparedkeyboardbutton editmessagetext editmessagecaption editmessagemedia' +
    ' editmessagelivelocation stopmessagelivelocation editmessagechecklist editmessagereplymarkup stoppoll' +
    ' approvesuggestedpost declinesuggestedpost deletemessage deletemessages deletemessagereaction deleteallmessagereactions' +
    ' sendsticker getstickerset getcustomemojistickers uploadstickerfile createnewstickerset addstickertoset' +
    ' setstickerpositioninset deletestickerfromset replacestickerinset setstickeremojilist setstickerkeywords' +
    ' setstickermaskposition setstickersettitle setstickersetthumbnail setcustomemojistickersetthumbnail deletestickerset' +
    ' sendrichmessage sendrichmessagedraft answerinlinequery sendinvoice createinvoicelink answershippingquery' +
    ' answerprecheckoutquery getmystarbalance getstartransactions refundstarpayment edituserstarsubscription' +
    ' setpassportdataerrors sendgame setgamescore getgamehighscores'
  ).split(' '),
);

/** Emoji that a reaction may be. */
export const reactionEmoji: ReadonlySet<string> = new Set(
  (
    '❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡' +
    ' 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡'
  ).split(' '),
);

/** Kinds of updates. */
export const updateKinds: ReadonlySet<string> = new Set(
  (
    'message edited_message channel_post edited_channel_post business_connection business_message' +
    ' edited_business_message deleted_business_messages guest_message message_reaction message_reaction_count' +
    ' inline_query chosen_inline_result callback_query shipping_query pre_checkout_query purchased_paid_media poll' +
    ' poll_answer my_chat_member chat_member chat_join_request chat_boost removed_chat_boost managed_bot'
  ).split(' '),
);

/** Values of `action` of sendChatAction. */
export const chatActions: ReadonlySet<string> = new Set(
  (
    'typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker' +
    ' find_location record_video_note upload_video_note'
  ).split(' '),
);
